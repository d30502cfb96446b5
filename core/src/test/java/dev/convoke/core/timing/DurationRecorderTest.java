package dev.convoke.core.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class DurationRecorderTest {
    private final Timings timings = new Timings();
    private final DurationRecorder recorder = timings.recorder("test_seconds", Map.of("of", "tests"), "A test.");

    @Test
    void shouldShowEachDurationInTheTotalAndInOneInterval() {
        recorder.record(1_000);
        recorder.record(3_000);
        assertEquals(2, recorder.total().getTotalCount());
        assertEquals(2, recorder.takeInterval().getTotalCount());
        recorder.record(5_000);
        final Histogram interval = recorder.takeInterval();
        assertEquals(1, interval.getTotalCount());
        assertEquals(5_000, interval.getMean(), 50);
        assertTrue(interval.getEndTimeStamp() >= interval.getStartTimeStamp());
        assertEquals(3, recorder.total().getTotalCount());
        assertEquals(9_000, recorder.sumNs());
    }

    @Test
    void shouldBoundWhatIsOutOfRange() {
        recorder.record(-5);
        recorder.record(Long.MAX_VALUE);
        assertEquals(2, recorder.total().getTotalCount());
        assertEquals(DurationRecorder.MOST_NS, recorder.sumNs());
    }

    @Test
    void shouldLoseNothingToReaders() throws InterruptedException {
        final int count = 200_000;
        final AtomicBoolean done = new AtomicBoolean();
        final Thread writer = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < count; i++) {
                recorder.record(i);
            }
            done.set(true);
        });
        long seen = 0;
        long before = 0;
        while (!done.get()) {
            seen += recorder.takeInterval().getTotalCount();
            final long now = recorder.total().getTotalCount();
            assertTrue(now >= before, "a total never falls");
            before = now;
        }
        writer.join();
        seen += recorder.takeInterval().getTotalCount();
        assertEquals(count, seen);
        assertEquals(count, recorder.total().getTotalCount());
        assertEquals((long)count * (count - 1) / 2, recorder.sumNs());
    }

    @Test
    void shouldRefuseTheSameMeasurementTwice() {
        assertThrows(IllegalStateException.class,
            () -> timings.recorder("test_seconds", Map.of("of", "tests"), "Another."));
        timings.recorder("test_seconds", Map.of("of", "others"), "Others.");
        assertEquals(2, timings.recorders().size());
    }
}
