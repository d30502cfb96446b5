package dev.convoke.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.stages.RecordingCost;
import dev.convoke.bench.stages.StageReport;
import dev.convoke.bench.stages.StageRun;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.cli.DecoderOptions;
import dev.convoke.server.deployment.ServedDecoder;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where the time of decoding goes, whether all of it is accounted for, and what accounting takes. */
@Command(name = "stages", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Divides the time of decoding into stages and holds their sum to the time seen from outside.")
public final class StagesCommand implements Callable<Integer> {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    @Option(names = "--streams", paramLabel = "N", defaultValue = "1",
        description = "Streams that decode together. Default: ${DEFAULT-VALUE}")
    private int streams;

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "512",
        description = "Tokens of each stream. Default: ${DEFAULT-VALUE}")
    private int tokens;

    @Option(names = "--warm-up-rounds", paramLabel = "N", defaultValue = "12",
        description = "Rounds before the one that counts. Default: ${DEFAULT-VALUE}")
    private int warmUpRounds;

    @Option(names = "--json", description = "Print one JSON object instead, in microseconds, with every layer.")
    private boolean json;

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        final RecordingCost cost = RecordingCost.measure();
        try (ServedDecoder served = decoder.start()) {
            if (!served.awaitReady(READY_LIMIT)) {
                throw new ConvokeException(String.join(" ", served.health().reasons()));
            }
            final StageRun run = new StageRun(served, streams, tokens);
            for (int round = 0; round < warmUpRounds; round++) {
                run.run(cost);
            }
            print(run.run(cost));
        }
        return 0;
    }

    private void print(final StageReport report) throws Exception {
        final PrintWriter out = spec.commandLine().getOut();
        out.println(json ? new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report.toMap())
            : report.toString());
        out.flush();
    }
}
