package dev.convoke.decoder.trace;

import dev.convoke.loadbalance.trace.TraceEncoder;
import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceStep;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/** Carries a recording, as the bytes of a trace, to where they go. Owned by the thread that runs it, which waits. */
public final class TraceTransfer {
    /** Where the bytes of a trace go. */
    public interface Destination {
        /** Takes a piece of the trace; the buffer is valid during the call. */
        void write(ByteBuffer piece) throws IOException;

        /** All that is there has been written for now. */
        void flush() throws IOException;
    }

    /**
     * When a recording ends by itself.
     *
     * @param ns    after which it ends
     * @param steps after which it ends
     */
    public record Limits(long ns, long steps) {
        /** Only when it is stopped or as large as it may be. */
        public static final Limits NONE = new Limits(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    private static final int STEPS_AT_A_TIME = 256;

    private final RoutingRecording recording;
    private final Destination destination;
    private final TraceEncoder encoder;
    private final TraceStep step;
    /** Why no more steps are taken, though there may be some; null as long as they are. */
    private TraceEnd.Reason full;
    private volatile long steps;
    private volatile long bytes;

    /** Of one recording, of which nothing has been taken. */
    public TraceTransfer(final RoutingRecording recording, final Destination destination) {
        this.recording = recording;
        this.destination = destination;
        this.encoder = new TraceEncoder(recording.header());
        this.step = new TraceStep(recording.header());
    }

    /** Steps written so far. Any thread. */
    public long steps() {
        return steps;
    }

    /** Bytes written so far. Any thread. */
    public long bytes() {
        return bytes;
    }

    /**
     * Writes the trace until the recording is stopped, it has reached a limit or the trace is as large as it may be.
     * However it ends, the recording is stopped afterwards.
     *
     * @throws IOException of the destination
     */
    public void run(final Limits limits, final NanoClock clock, final IdleStrategy idle) throws IOException {
        final long startNs = clock.nanoTime();
        TraceEnd.Reason reason = TraceEnd.Reason.STOPPED;
        try {
            write(encoder.header());
            destination.flush();
            int taken = 1;
            boolean last = false;
            while (full == null && (!last || taken > 0)) {
                if (!recording.isStopped() && clock.nanoTime() - startNs >= limits.ns()) {
                    reason = TraceEnd.Reason.TIME;
                    recording.stop();
                }
                // Asked before the ring is emptied, so that all that came before the end is in the trace.
                last = recording.isStopped();
                taken = transferSome(limits.steps());
                rest(taken, idle);
            }
            recording.stop();
            write(encoder.end(recording.droppedSteps(), full == null ? reason : full));
            destination.flush();
        } finally {
            recording.stop();
        }
    }

    private void rest(final int taken, final IdleStrategy idle) throws IOException {
        if (taken > 0 && taken < STEPS_AT_A_TIME) {
            destination.flush();
        }
        idle.idle(taken);
    }

    /** Returns how many steps were there and are written. */
    private int transferSome(final long mostSteps) throws IOException {
        int taken = 0;
        while (taken < STEPS_AT_A_TIME && recording.poll(step)) {
            if (!encoder.fits(step)) {
                full = TraceEnd.Reason.SIZE;
                return taken;
            }
            writeStep();
            taken++;
            if (encoder.steps() == mostSteps) {
                full = TraceEnd.Reason.STEPS;
                return taken;
            }
        }
        return taken;
    }

    private void writeStep() throws IOException {
        for (int run = 0; run < step.runs(); run++) {
            while (encoder.labels() < step.label(run)) {
                write(encoder.label(recording.label(encoder.labels() + 1)));
            }
        }
        write(encoder.step(step));
        // One thread alone writes it.
        steps = encoder.steps();
    }

    private void write(final ByteBuffer piece) throws IOException {
        destination.write(piece);
        bytes = encoder.written();
    }
}
