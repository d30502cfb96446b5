package dev.convoke.bench.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConvokeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeenTest {
    private static final long MS = 1_000_000;

    /** Sent at a time, with a token at each of the others; in milliseconds. */
    private static Streamed answer(final String text, final long sentMs, final long... tokensMs) {
        final long[] tokenNs = new long[tokensMs.length];
        for (int i = 0; i < tokenNs.length; i++) {
            tokenNs[i] = tokensMs[i] * MS;
        }
        return new Streamed(sentMs * MS, tokenNs, tokenNs[tokenNs.length - 1], text, "");
    }

    private static Window window(final long fromMs, final long toMs) {
        return new Window(fromMs * MS, toMs * MS);
    }

    private static Undisturbed undisturbed() {
        return new Undisturbed(new Seen(List.of(
            List.of(answer("one", 0, 10, 20, 30), answer("one", 31, 45, 55, 70)),
            List.of(answer("two", 0, 12, 20, 28)))), List.of(window(0, 30), window(30, 100)));
    }

    @Test
    void shouldCountTokensWithinTheWindow() {
        final Seen seen = new Seen(List.of(List.of(answer("one", 0, 10, 20, 30)), List.of(answer("two", 0, 15, 40))));
        assertEquals(150, seen.tokensPerSecond(window(10, 30)), 1e-9);
    }

    @Test
    void shouldTakeWaitsThatBeginOrEndInTheWindow() {
        final Seen seen = new Seen(List.of(List.of(answer("one", 0, 10, 100, 110, 300), answer("one", 305, 365, 370))));
        assertEquals(90, seen.longestGapsMs(window(50, 60))[0]);
        assertEquals(10, seen.longestGapsMs(window(102, 104))[0]);
        assertEquals(190, seen.longestGapsMs(window(0, 500))[0]);
        assertEquals(60, seen.longestStartsMs(window(310, 320))[0]);
    }

    @Test
    void shouldSayByHowMuchTheWorstStreamWaitedLonger() {
        final Undisturbed undisturbed = undisturbed();
        final Seen seen = new Seen(List.of(List.of(answer("one", 0, 10, 20)), List.of(answer("two", 0, 12, 120))));
        // Half of its windows have no wait of the second stream: its usual longest is the mean of 8 and 0.
        assertEquals(104, undisturbed.addedPauseMs(seen, window(0, 200)), 1e-9);
        assertEquals(0, undisturbed.addedPauseMs(seen, window(300, 400)));
    }

    @Test
    void shouldFindAnswersThatDifferAndRequestsThatFailed() {
        final Seen seen = new Seen(List.of(List.of(answer("one", 0, 10), answer("on", 20, 30)),
            List.of(new Streamed(0, new long[0], 0, "", "503: not now"))));
        assertEquals(1, seen.differing(undisturbed().texts()));
        assertEquals(1, seen.failed());
        assertEquals(List.of("503: not now"), seen.errors());
        assertEquals(3, seen.answers());
    }

    @Test
    void shouldNotBeginWhereAnswersDifferAnyway() {
        final Seen seen = new Seen(List.of(List.of(answer("one", 0, 10), answer("other", 20, 30))));
        assertThrows(ConvokeException.class, () -> new Undisturbed(seen, List.of(window(0, 50))));
    }

    @Test
    void shouldJudgeByTheWorstOrTheMedian() {
        final Verdicts verdicts = new Verdicts("kill");
        verdicts.never("pause", "ms", 300, 10, 310, 20);
        verdicts.atMost("lost", "", 0.02, 0.01, 0.5, 0.015);
        verdicts.always("counted", "", 1, 1, 0);
        verdicts.tell("requests", "", 12);
        assertEquals(List.of(false, true, false, true), verdicts.lines().stream().map(Line::holds).toList());
        assertTrue(Resilience.table(verdicts.lines()).contains(
            "| kill | pause | 310 ms | 20 [10-310] of 3 | at most 300 | FAIL |"), Resilience.table(verdicts.lines()));
        assertEquals("FAIL", verdicts.lines().getFirst().toMap().get("verdict"));
    }
}
