package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.decoder.trace.RoutingRecording;
import dev.convoke.decoder.trace.StreamDestination;
import dev.convoke.decoder.trace.TraceTransfer;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/** A routing trace that is being recorded and written to its client. Thread-safe; one thread writes. */
final class LiveTrace {
    /** Between two looks; far less than the ring takes to fill. */
    private static final long PAUSE_MS = 5;
    private static final double NS = 1e-9;

    private final long id;
    private final RoutingRecording recording;
    private final Limits limits;
    private final TraceTransfer.Limits transferLimits;
    private final long startNs = System.nanoTime();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile TraceTransfer transfer;

    LiveTrace(final long id, final RoutingRecording recording, final Limits limits) {
        this.id = id;
        this.recording = recording;
        this.limits = limits;
        this.transferLimits = new TraceTransfer.Limits(limits.seconds().map(TimeUnit.SECONDS::toNanos)
            .orElse(Long.MAX_VALUE), limits.steps().orElse(Long.MAX_VALUE));
    }

    /**
     * What is recorded, and how much at most.
     *
     * @param domain labels rows that have no label; may be empty
     */
    record Limits(String domain, long bytes, Optional<Long> steps, Optional<Long> seconds) {
    }

    long id() {
        return id;
    }

    /** Returns at the end of the trace. */
    void writeTo(final OutputStream stream) throws IOException {
        transfer = new TraceTransfer(recording, new StreamDestination(stream));
        transfer.run(transferLimits, System::nanoTime, new SleepingMillisIdleStrategy(PAUSE_MS));
    }

    long steps() {
        return transfer == null ? 0 : transfer.steps();
    }

    long bytes() {
        return transfer == null ? 0 : transfer.bytes();
    }

    /** Ends the recording; what has been recorded is still written. */
    void stop() {
        recording.stop();
    }

    /** Nothing more is written. */
    void onEnded() {
        recording.stop();
        ended.countDown();
    }

    void awaitEnd(final Duration limit) throws InterruptedException {
        ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    ObjectNode describe() {
        final ObjectNode described = Json.object().put("id", id).put("domain", limits.domain())
            .put("seconds", (System.nanoTime() - startNs) * NS).put("steps", steps())
            .put("dropped_steps", recording.droppedSteps()).put("bytes", bytes()).put("max_bytes", limits.bytes());
        described.put("max_steps", limits.steps().orElse(null));
        described.put("max_seconds", limits.seconds().orElse(null));
        return described;
    }
}
