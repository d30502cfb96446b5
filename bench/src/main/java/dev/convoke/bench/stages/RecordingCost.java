package dev.convoke.bench.stages;

import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import dev.convoke.core.timing.Timings;
import java.util.Map;
import org.agrona.concurrent.SystemNanoClock;

/**
 * What timing itself takes on this machine, measured by doing nothing else.
 *
 * @param changeNs one change of stage
 * @param recordNs one duration entered into a histogram
 */
public record RecordingCost(double changeNs, double recordNs) {
    private static final int ROUNDS = 5;
    private static final int CALLS = 2_000_000;

    /** Measures; the least of a few rounds, since anything else on the machine only adds. */
    public static RecordingCost measure() {
        final Timings timings = new Timings();
        final StageClock clock = new StageClock(SystemNanoClock.INSTANCE, 1, timings);
        final DurationRecorder recorder = timings.recorder("calibration_seconds", Map.of(), "Calibration.");
        double changeNs = Double.MAX_VALUE;
        double recordNs = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            changeNs = Math.min(changeNs, change(clock));
            recordNs = Math.min(recordNs, record(recorder));
        }
        return new RecordingCost(changeNs, recordNs);
    }

    private static double change(final StageClock clock) {
        clock.begin();
        final long startNs = System.nanoTime();
        for (int i = 0; i < CALLS; i += 2) {
            clock.enter(Stage.GATE);
            clock.enter(Stage.WAIT);
        }
        final long elapsedNs = System.nanoTime() - startNs;
        clock.discard();
        return (double)elapsedNs / CALLS;
    }

    private static double record(final DurationRecorder recorder) {
        final long startNs = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
            recorder.record(i & 0xFFFF);
        }
        return (double)(System.nanoTime() - startNs) / CALLS;
    }
}
