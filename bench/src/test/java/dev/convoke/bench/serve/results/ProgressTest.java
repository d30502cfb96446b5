package dev.convoke.bench.serve.results;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.bench.serve.RequestOutcome;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static final int MOST_COLUMNS = 79;
    private static final long MS = 1_000_000;

    private static RequestOutcome outcome(final long firstMs, final long endMs, final int tokens) {
        return new RequestOutcome(0, 0, new long[] {firstMs * MS}, endMs * MS, 5, tokens, "text", "");
    }

    @Test
    void shouldTellCountsAndPercentilesBesideABar() {
        try (Progress progress = new Progress(new PrintWriter(new StringWriter()), false, 4)) {
            for (int i = 0; i < 3; i++) {
                progress.onSend();
            }
            progress.onOutcome(outcome(8, 250, 1));
            progress.onOutcome(RequestOutcome.failed(0, 0, new long[0], 0, "503: busy"));
            final String line = progress.line();
            assertTrue(line.matches("\\[#+\\.+] 2/4 1 failed, 1 open, \\d+ tok/s, "
                + "p50/p99 ms: TTFT 8.0\\d/8.0\\d E2EL 250/250"), line);
        }
    }

    @Test
    void shouldFitIntoEightyColumns() {
        final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            final int requests = 1 << random.nextInt(28);
            try (Progress progress = new Progress(new PrintWriter(new StringWriter()), false, requests)) {
                for (int i = 0; i < Math.min(requests, 20); i++) {
                    progress.onSend();
                    final long firstMs = 1L << random.nextInt(22);
                    progress.onOutcome(random.nextBoolean() ? outcome(firstMs, 2 * firstMs, 1 << random.nextInt(20))
                        : RequestOutcome.failed(0, 0, new long[0], 0, "503: busy"));
                }
                final String line = progress.line();
                assertTrue(line.length() <= MOST_COLUMNS, "seed " + seed + ": " + line);
                assertTrue(line.contains("/" + requests), "seed " + seed + ": " + line);
            }
        }
    }
}
