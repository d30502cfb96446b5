package dev.convoke.bench.stages;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.timing.StageClock;
import dev.convoke.core.timing.Timings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StageRunsTest {
    private static final long MS = 1_000_000;

    /** A run of so many milliseconds, of which steps took so many, with so many changes of stage of 1 us. */
    private static StageReport run(final long wallMs, final long stepMs, final long changes) {
        final Timings timings = new Timings();
        timings.recorder(StageClock.STAGE, Map.of("stage", "attention"), "").record(stepMs * MS);
        timings.recorder(StageClock.STEP, Map.of(), "").record(stepMs * MS);
        return new StageReport(wallMs * MS, 50, TimingsSnapshot.of(timings), changes, new RecordingCost(1000, 0));
    }

    @Test
    void shouldHoldWhenMediansAreWithinTheLimits() {
        final StageRuns runs = new StageRuns(List.of(run(300, 150, 9000), run(100, 95, 1000), run(200, 199, 2000)));
        assertTrue(runs.hold(), runs::toString);
        // One of three runs may be off: 50 %, 95 % and 99.5 %; 3 %, 1 % and 1 %.
        assertTrue(runs.toString().contains("PASS: the stages add up to 95.000 % [50.000-99.500] of the time seen from "
            + "outside; asked for: 95 to 105 %."), runs::toString);
        assertTrue(runs.toString().contains("PASS: timing took 1.000 % [1.000-3.000] of it"), runs::toString);
        // The tables are of the second longest.
        assertTrue(runs.toString().contains("| attention | 199.00 | 100.0 % |"), runs::toString);
        assertEquals(200_000.0, (Double)runs.toMap().get("wall_us"), 1e-6);
        assertEquals(250.0, (Double)runs.toMap().get("tokens_per_second"), 1e-9);
        assertEquals(3, ((List<?>)runs.toMap().get("runs")).size());
    }

    @Test
    void shouldSayWhichClaimFails() {
        for (final long stepMs : new long[] {94, 106}) {
            final StageRuns missing = new StageRuns(List.of(run(100, stepMs, 10)));
            assertFalse(missing.hold());
            assertTrue(missing.toString().contains("FAIL: the stages add up to"), missing::toString);
            assertTrue(missing.toString().contains("PASS: timing took"), missing::toString);
        }
        final StageRuns dear = new StageRuns(List.of(run(100, 100, 1001)));
        assertFalse(dear.hold());
        assertTrue(dear.toString().contains("PASS: the stages add up to"), dear::toString);
        assertTrue(dear.toString().contains("FAIL: timing took 1.001 %"), dear::toString);
        final List<?> claims = (List<?>)dear.toMap().get("claims");
        assertEquals(List.of(true, false), claims.stream().map(claim -> ((Map<?, ?>)claim).get("holds")).toList());
    }
}
