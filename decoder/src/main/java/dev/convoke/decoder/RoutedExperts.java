package dev.convoke.decoder;

import dev.convoke.core.DType;
import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import dev.convoke.gating.BalanceFigures;
import dev.convoke.gating.CapacityLimit;
import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.ExchangeHandle;
import dev.convoke.routing.ExchangeOutcome;
import dev.convoke.routing.RoutedModel;
import dev.convoke.routing.RoutingContext;
import dev.convoke.routing.RoutingService;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;

/**
 * The feed-forward half of a Mixture-of-Experts layer as the decoder sees it: router, gate, exchange with the hosts
 * that own the experts, weighted sum. Wherever an expert runs, the sum is taken here and in slot order. Owned by the
 * decoder's thread; one exchange in flight.
 */
public final class RoutedExperts {
    private final Kernels kernels;
    private final Gate gate;
    private final RoutingService routing;
    private final ExchangeHandle handle;
    private final StepObserver observer;
    private final StageClock stages;
    private final RowBuffer logits;
    private final RoutingPlan plan;
    private final CapacityLimit limit;
    private final BalanceFigures balance;
    private int failedLayer;
    private int failedRow = Gate.ROUTED;
    private ExchangeOutcome exchangeOutcome = ExchangeOutcome.COMPLETE;

    RoutedExperts(final Arena arena, final DecoderContext context, final RoutingService routing) {
        final RoutingContext routingContext = context.routing();
        final RoutedModel model = routingContext.model();
        this.kernels = context.kernels();
        this.gate = context.gate();
        this.routing = routing;
        this.handle = new ExchangeHandle(arena, routingContext);
        this.observer = context.observer();
        this.stages = routingContext.stageClock();
        this.logits = new RowBuffer(arena, DType.F32, context.tokenBudget(), model.experts());
        this.plan = new RoutingPlan(model.experts(), model.topK(), context.tokenBudget(),
            context.capacity());
        this.limit = new CapacityLimit(plan);
        this.balance = new BalanceFigures(model.layers(), model.experts());
    }

    /**
     * {@code residual += sum over chosen experts e of weight_e * expert_e(rows)} for every row of the batch.
     *
     * @param router   [experts, hidden]
     * @param rows     [batch.rows(), hidden] normalised, operand type
     * @param residual [batch.rows(), hidden] f32; unchanged unless the step is complete
     */
    public StepOutcome addTo(final RowBuffer residual, final int layer, final StepBatch batch,
        final PackedMatrix router, final RowBuffer rows) {
        kernels.matmul(router, rows, logits, batch.rows());
        failedLayer = layer;
        failedRow = gate.route(logits, batch.rows(), plan);
        if (failedRow != Gate.ROUTED) {
            return StepOutcome.NOT_A_NUMBER;
        }
        balance.observe(layer, logits, plan);
        observer.onRouting(layer, batch, logits, plan);
        if (limit.isExceeded(plan)) {
            keepWithinCapacity(layer, batch);
        }
        routing.dispatch(layer, plan, rows, handle);
        exchangeOutcome = routing.await(handle);
        if (exchangeOutcome != ExchangeOutcome.COMPLETE) {
            return StepOutcome.EXPERTS_FAILED;
        }
        for (int row = 0; handle.otherNumerics() > 0 && row < batch.rows(); row++) {
            batch.countOtherNumerics(row, handle.otherNumerics(row));
        }
        observer.onExpertRows(layer, batch, handle.slotRows(), plan);
        stages.enter(Stage.COMBINE);
        kernels.combine(handle.slotRows(), plan.weights(), plan.topK(), residual, batch.rows());
        return StepOutcome.COMPLETE;
    }

    /** An expert has room at each host that the placement puts it on, whether or not that one answers. */
    private void keepWithinCapacity(final int layer, final StepBatch batch) {
        final Placement placement = routing.placement();
        for (int expert = 0; expert < plan.experts(); expert++) {
            limit.replicas(expert, placement.replicas(layer, expert));
        }
        limit.apply(logits, plan);
        for (int row = 0; row < batch.rows(); row++) {
            batch.countCapacity(row, limit.rerouted(row), limit.dropped(row));
        }
    }

    /** How evenly the rows of all steps fell on the experts. */
    BalanceFigures balance() {
        return balance;
    }

    /** Whether any host takes rows. */
    boolean reachesHosts() {
        return routing.reachesHosts();
    }

    /** The row without a plan, after {@link StepOutcome#NOT_A_NUMBER}. */
    int failedRow() {
        return failedRow;
    }

    /** What went wrong, in one sentence; builds the text when asked. */
    String failure() {
        if (failedRow != Gate.ROUTED) {
            return "The router of layer " + failedLayer + " gave a logit that is not a number; the weights or the "
                + "activations they lead to are out of range, try --dtype f32.";
        }
        return handle.failure();
    }
}
