package dev.convoke.bench.cli;

import dev.convoke.bench.ConvokeProcess;
import dev.convoke.bench.deployments.Deployment;
import dev.convoke.bench.deployments.RunningDeployment;
import dev.convoke.bench.scenarios.Programs;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Scenarios' benchmarks and servers as processes of this program. */
final class ScenarioPrograms implements Programs {
    @Override
    public String bench(final List<String> arguments, final boolean judges) throws InterruptedException {
        final List<String> all = new ArrayList<>(List.of("bench"));
        all.addAll(arguments);
        try {
            final Path errors = Files.createTempFile("convoke-scenario-", ".err");
            final Process process = ConvokeProcess.of(all).redirectError(errors.toFile()).start();
            final String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            final boolean failed = process.waitFor() > (judges ? 1 : 0);
            final String said = Files.readString(errors);
            Files.delete(errors);
            if (failed) {
                throw new ConvokeException("'bench " + String.join(" ", arguments) + "' failed; it said:\n" + said
                    + text);
            }
            return text;
        } catch (final IOException e) {
            throw new ConvokeException("'bench " + String.join(" ", arguments) + "' cannot be run: " + e.getMessage(),
                e);
        }
    }

    @Override
    public AutoCloseable serve(final int port, final List<String> arguments) {
        final List<String> all = new ArrayList<>(List.of("serve", "--port", Integer.toString(port)));
        all.addAll(arguments);
        final RunningDeployment running =
            RunningDeployment.start(new Deployment("server of a scenario", port, List.of(all)), 0);
        try {
            running.awaitReady();
            return running;
        } catch (final RuntimeException e) {
            running.close();
            throw e;
        }
    }
}
