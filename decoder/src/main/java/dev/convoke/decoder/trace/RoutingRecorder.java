package dev.convoke.decoder.trace;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.decoder.StepBatch;
import dev.convoke.decoder.StepObserver;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.trace.TraceHeader;
import dev.convoke.routing.RoutedModel;
import dev.convoke.tensor.RowBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.NanoClock;

/**
 * Hands the routes of a decoder's steps to a recording while there is one, and costs a look otherwise. Steps are
 * recorded whole: one that fails, or that was under way when the recording began, is not in it. Called by the decoder;
 * recordings are begun and ended by any thread.
 */
public final class RoutingRecorder implements StepObserver {
    private final String modelName;
    private final RoutedModel model;
    private final int mostRows;
    private final Counter recorded;
    private final Counter dropped;
    private final AtomicReference<RoutingRecording> active = new AtomicReference<>();
    private RoutingRecording current;
    private int lastLayer = Integer.MAX_VALUE;

    /**
     * Records nothing yet.
     *
     * @param modelName for people
     * @param mostRows  of a step
     */
    public RoutingRecorder(final String modelName, final RoutedModel model, final int mostRows,
        final Counters counters) {
        this.modelName = modelName;
        this.model = model;
        this.mostRows = mostRows;
        this.recorded = counters.register("routing_trace_steps", "Steps handed to recordings of routing traces.");
        this.dropped = counters.register("routing_trace_steps_dropped",
            "Steps left out of recordings, since they came faster than they could be written.");
    }

    /**
     * Begins a recording, if there is none yet.
     *
     * @param domain    labels the rows of requests that have no label of their own; may be empty
     * @param mostBytes of the trace
     * @param clock     for the times of steps; one that stands still makes traces that do not depend on time
     * @throws ConfigurationException if the format cannot hold such a trace
     */
    public Optional<RoutingRecording> tryStart(final String domain, final long mostBytes, final NanoClock clock) {
        if (active.get() != null) {
            return Optional.empty();
        }
        final RoutingRecording recording = new RoutingRecording(new TraceHeader(modelName, model.fingerprint(),
            model.numerics(), model.operandType(), model.layers(), model.experts(), model.topK(), mostRows,
            mostBytes), domain, clock, stopped -> active.compareAndSet(stopped, null));
        return active.compareAndSet(null, recording) ? Optional.of(recording) : Optional.empty();
    }

    /** The recording that runs, if one does. Any thread. */
    public Optional<RoutingRecording> running() {
        return Optional.ofNullable(active.get());
    }

    @Override
    public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits, final RoutingPlan plan) {
        if (layer <= lastLayer) {
            beginStep(batch);
        }
        lastLayer = layer;
        if (current != null) {
            current.addLayer(layer, plan);
        }
    }

    private void beginStep(final StepBatch batch) {
        if (current != null) {
            current.abandonStep();
        }
        final RoutingRecording recording = active.get();
        current = recording == null || recording.tryBeginStep(batch) ? recording : null;
        if (recording != null && current == null) {
            dropped.increment();
        }
    }

    @Override
    public void onLogits(final StepBatch batch, final RowBuffer logits) {
        lastLayer = Integer.MAX_VALUE;
        if (current != null) {
            current.endStep();
            current = null;
            recorded.increment();
        }
    }
}
