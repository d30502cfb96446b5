package dev.convoke.core.timing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Durations that one thread measures and any thread reads, to two significant digits. Recording neither allocates,
 * locks nor waits for readers. Durations beyond {@link #MOST_NS} count as that much.
 */
public final class DurationRecorder {
    /** The longest duration told from longer ones. */
    public static final long MOST_NS = TimeUnit.SECONDS.toNanos(100);

    private static final int DIGITS = 2;
    private static final VarHandle SUM;

    static {
        try {
            SUM = MethodHandles.lookup().findVarHandle(DurationRecorder.class, "sumNs", long.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Timings.Identity identity;
    private final SingleWriterRecorder recorder = new SingleWriterRecorder(MOST_NS, DIGITS);
    private final Histogram total = new Histogram(MOST_NS, DIGITS);
    private final Histogram interval = new Histogram(MOST_NS, DIGITS);
    private Histogram recycled;
    private long sumNs;

    DurationRecorder(final Timings.Identity identity) {
        this.identity = identity;
        interval.setStartTimeStamp(System.currentTimeMillis());
    }

    /** By the owning thread only; negative durations, which only a broken clock gives, count as 0. */
    public void record(final long durationNs) {
        final long boundedNs = Math.clamp(durationNs, 0, MOST_NS);
        recorder.recordValue(boundedNs);
        SUM.setRelease(this, sumNs + boundedNs);
    }

    /** What is measured. */
    public Timings.Identity identity() {
        return identity;
    }

    /** Sets it apart from others of its name. */
    public Map<String, String> labels() {
        return identity.labels();
    }

    /** All durations together, exact. By any thread. */
    public long sumNs() {
        return (long)SUM.getAcquire(this);
    }

    /** Everything since the beginning, as a copy. By any thread. */
    public synchronized Histogram total() {
        drain();
        return total.copy();
    }

    /**
     * Everything since the last call, as a copy stamped with when that was and when this is; for one reader that
     * keeps a log. By any thread.
     */
    public synchronized Histogram takeInterval() {
        drain();
        final long nowMs = System.currentTimeMillis();
        interval.setEndTimeStamp(nowMs);
        final Histogram taken = interval.copy();
        interval.reset();
        interval.setStartTimeStamp(nowMs);
        return taken;
    }

    private void drain() {
        recycled = recorder.getIntervalHistogram(recycled);
        total.add(recycled);
        interval.add(recycled);
    }
}
