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

    private static final int STEPS_AT_A_TIME = 256;

    private final RoutingRecording recording;
    private final Destination destination;
    private final TraceEncoder encoder;
    private final TraceStep step;

    /** Of one recording, of which nothing has been taken. */
    public TraceTransfer(final RoutingRecording recording, final Destination destination) {
        this.recording = recording;
        this.destination = destination;
        this.encoder = new TraceEncoder(recording.header());
        this.step = new TraceStep(recording.header());
    }

    /**
     * Writes the trace until the recording is stopped, the time is over or the trace is as large as it may be. However
     * it ends, the recording is stopped afterwards.
     *
     * @param limitNs how long it may take; {@link Long#MAX_VALUE} for any time
     * @throws IOException of the destination
     */
    public void run(final long limitNs, final NanoClock clock, final IdleStrategy idle) throws IOException {
        final long startNs = clock.nanoTime();
        TraceEnd.Reason reason = TraceEnd.Reason.STOPPED;
        try {
            destination.write(encoder.header());
            destination.flush();
            int taken = 1;
            boolean last = false;
            while (!last || taken > 0) {
                if (!recording.isStopped() && clock.nanoTime() - startNs >= limitNs) {
                    reason = TraceEnd.Reason.TIME;
                    recording.stop();
                }
                // Asked before the ring is emptied, so that all that came before the end is in the trace.
                last = recording.isStopped();
                taken = transferSome();
                if (taken < 0) {
                    reason = TraceEnd.Reason.SIZE;
                    recording.stop();
                    last = true;
                } else {
                    rest(taken, idle);
                }
            }
            destination.write(encoder.end(recording.droppedSteps(), reason));
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

    /** Returns how many steps were there; -1 if one of them does not fit any more. */
    private int transferSome() throws IOException {
        int taken = 0;
        while (taken < STEPS_AT_A_TIME && recording.poll(step)) {
            if (!encoder.fits(step)) {
                return -1;
            }
            for (int run = 0; run < step.runs(); run++) {
                while (encoder.labels() < step.label(run)) {
                    destination.write(encoder.label(recording.label(encoder.labels() + 1)));
                }
            }
            destination.write(encoder.step(step));
            taken++;
        }
        return taken;
    }
}
