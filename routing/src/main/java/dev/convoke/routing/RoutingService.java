package dev.convoke.routing;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.RowBuffer;

/**
 * Sends rows to the experts a plan names, wherever they are, and gathers the answers. Owned by the decoder's thread.
 * {@link #dispatch} and {@link #await} are on the step path: they neither allocate, lock, log nor throw.
 */
public final class RoutingService implements AutoCloseable {
    private final RoutingContext context;
    private Placement placement;

    /** Takes a concluded context; owns its port from now on. */
    public RoutingService(final RoutingContext context) {
        this.context = context;
        this.placement = context.placement();
    }

    /** Puts another placement in force; between steps, with no exchange in flight. */
    public void placement(final Placement next) {
        placement = next;
    }

    /** The placement in force. */
    public Placement placement() {
        return placement;
    }

    /** Between steps: greets hosts, takes what has arrived, runs local work, logs what happened; returns work done. */
    public int poll() {
        throw new UnsupportedOperationException();
    }

    /** Whether every expert of the placement has a host that is connected, agrees on the model and holds it. */
    public boolean isReady() {
        throw new UnsupportedOperationException();
    }

    /** What {@link #isReady} waits for, in one sentence; empty when ready. Not for the step path. */
    public String notReadyReason() {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts an exchange. Never blocks: what hosts cannot take now is sent while awaiting. Plan and rows must stay
     * unchanged until {@link #await} returns. Several handles may be in flight; each must be awaited.
     *
     * @param layer  decoder layer
     * @param plan   of a gate, grouped; shape as the context's model
     * @param rows   [plan.rows(), hidden] in the operand type
     * @param handle not in flight
     */
    public void dispatch(final int layer, final RoutingPlan plan, final RowBuffer rows, final ExchangeHandle handle) {
        throw new UnsupportedOperationException();
    }

    /** Waits until the exchange is complete or has failed; runs local work meanwhile, and resends to silent hosts. */
    public ExchangeOutcome await(final ExchangeHandle handle) {
        throw new UnsupportedOperationException();
    }

    /** Closes the port. */
    @Override
    public void close() {
        context.port().close();
    }
}
