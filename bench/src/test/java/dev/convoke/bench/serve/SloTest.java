package dev.convoke.bench.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConvokeException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SloTest {
    /** First token after 100 ms, three more every 20 ms. */
    private static final RequestOutcome OUTCOME = new RequestOutcome(0, 50_000_000,
        new long[] {100_000_000, 120_000_000, 140_000_000, 160_000_000}, 160_000_000, 8, 4, "abcd", "");

    @Test
    void shouldHoldRequestsToEveryLimit() {
        assertTrue(Slo.parse(List.of("ttft:100", "tpot:20", "e2el:160")).isKeptBy(OUTCOME));
        assertFalse(Slo.parse(List.of("ttft:99", "tpot:20")).isKeptBy(OUTCOME));
        assertFalse(Slo.parse(List.of("tpot:19.9")).isKeptBy(OUTCOME));
        assertFalse(Slo.parse(List.of("e2el:159")).isKeptBy(OUTCOME));
    }

    @Test
    void shouldNotCountWhatFailed() {
        final RequestOutcome failed = RequestOutcome.failed(0, 0, new long[0], 0, "broken");
        assertEquals(1, Slo.parse(List.of("e2el:200")).countGood(List.of(OUTCOME, failed)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ttft", "ttft:", "ttft:x", "itl:5", "ttft:0", "tpot:-1", "e2el:NaN"})
    void shouldRefuseWhatIsNoLimit(final String limit) {
        final String message = assertThrows(ConvokeException.class, () -> Slo.parse(List.of(limit))).getMessage();
        assertTrue(message.contains("'" + limit + "'") && message.contains("ttft:500"), message);
    }
}
