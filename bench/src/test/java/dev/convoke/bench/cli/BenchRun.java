package dev.convoke.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.ConfigurationException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** A bench command as it ended. */
record BenchRun(int exitCode, String out, String err) {
    static BenchRun of(final String... arguments) {
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final CommandLine command = new CommandLine(new BenchCommand()).setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err));
        command.setExecutionExceptionHandler((e, line, parsed) -> {
            line.getErr().println(e.getMessage());
            return e instanceof ConfigurationException ? 2 : 1;
        });
        return new BenchRun(command.execute(arguments), out.toString(), err.toString());
    }

    /** The one object a command prints with {@code --json}; it is checked to begin as all do. */
    JsonNode report(final String benchmark) throws IOException {
        assertEquals(0, exitCode, err);
        final JsonNode report = new ObjectMapper().readTree(out);
        assertEquals(benchmark, report.path("benchmark").asText(), out);
        assertTrue(report.path("machine").path("processors").asInt() > 0, out);
        assertTrue(report.path("settings").isObject(), out);
        assertTrue(report.path("results").isArray() && !report.path("results").isEmpty(), out);
        return report;
    }

    static void assertRefused(final String part, final String... arguments) {
        final BenchRun run = of(arguments);
        assertEquals(2, run.exitCode(), run.out() + run.err());
        assertTrue(run.err().contains(part), run.err());
    }
}
