package dev.convoke.bench.cli;

import org.junit.jupiter.api.Test;

/** The trials themselves take minutes and processors of their own; {@code bench scenario run resilience} does them. */
class ResilienceCommandTest {
    @Test
    void shouldRefuseWhatMakesNoSense() {
        BenchRun.assertRefused("'lose-5'; choose from kill, stop, loss-1, loss-5", "resilience", "--trials",
            "kill,lose-5");
        BenchRun.assertRefused("--kills is 0", "resilience", "--kills", "0");
        BenchRun.assertRefused("--base-port is 65400", "resilience", "--base-port", "65400");
    }
}
