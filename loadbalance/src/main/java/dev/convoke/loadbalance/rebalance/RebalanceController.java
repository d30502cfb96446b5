package dev.convoke.loadbalance.rebalance;

import dev.convoke.loadbalance.HostLoads;
import dev.convoke.loadbalance.MovePolicy;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.rebalance.RebalanceDecision.Verdict;
import java.util.Optional;

/**
 * Decides whether a placement is to follow its load. It is a function: what it knows it is given, time and state
 * included, and the same gives the same.
 *
 * <p>It acts on what lasts. The load is an average; its imbalance must be above a threshold for a while; the plan must
 * gain more than its moves cost, by a margin, and may move so many replicas only. After each plan, proposed or not,
 * comes a pause. A proposal that follows another soon makes the pause after it twice as long, up to sixteen times, so
 * that a load which keeps changing is followed ever less often.
 */
public final class RebalanceController {
    private static final int LONGER = 2;
    private static final int LONGEST_PAUSES = 16;
    /** Pauses since the last proposal, after which the next is not taken for a change of mind. */
    private static final int CALM = 3;

    private final RebalancePolicy policy;
    private final PlacementAlgorithm algorithm;

    /** Plans are the algorithm's. */
    public RebalanceController(final RebalancePolicy policy, final PlacementAlgorithm algorithm) {
        this.policy = policy;
        this.algorithm = algorithm;
    }

    /**
     * Decides.
     *
     * @param before  INITIAL, or what the last decision gave
     * @param choices of experts that the load consists of
     * @param now     what a new placement has to keep: hosts, replicas, objective and the load
     * @param current in force
     */
    public RebalanceDecision decide(final RebalanceState before, final long nowNs, final double choices,
        final PlacementRequest now, final Placement current) {
        if (choices < policy.leastChoices() || choices <= 0) {
            return without(before.notAbove(), Verdict.TOO_LITTLE_LOAD, 0);
        }
        final double imbalance = imbalance(current, now);
        if (imbalance <= policy.threshold()) {
            return without(before.notAbove(), Verdict.BALANCED, imbalance);
        }
        final RebalanceState above = before.aboveAt(nowNs);
        if (above.isResting(nowNs)) {
            return without(above, Verdict.RESTING, imbalance);
        }
        if (nowNs - above.aboveSinceNs() < policy.patienceNs()) {
            return without(above, Verdict.WAITING, imbalance);
        }
        return plan(above, nowNs, now, current, imbalance);
    }

    /** The slowest host over the mean of a placement under a request's load. */
    public static double imbalance(final Placement placement, final PlacementRequest request) {
        return HostLoads.of(placement, request.load(), request.objective(), request.capacities()).maxOverMean();
    }

    private static RebalanceDecision without(final RebalanceState next, final Verdict verdict,
        final double imbalance) {
        return new RebalanceDecision(next, verdict, imbalance, 0, 0, Optional.empty());
    }

    private RebalanceDecision plan(final RebalanceState state, final long nowNs, final PlacementRequest now,
        final Placement current, final double imbalance) {
        final double costPerMove = policy.costOfAll() / now.totalReplicas();
        final int mostMoves = (int)Math.max(1, policy.mostMoves() * now.totalReplicas());
        final Placement plan = algorithm.place(now.withCurrent(current, new MovePolicy(costPerMove, mostMoves)));
        final double planned = imbalance(plan, now);
        final int moves = moves(current, plan);
        final boolean worth = moves > 0 && imbalance - planned - costPerMove * moves >= policy.leastGain();
        return worth
            ? new RebalanceDecision(state.proposed(nowNs, pause(state, nowNs)), Verdict.PROPOSED, imbalance, planned,
                moves, Optional.of(plan))
            : new RebalanceDecision(state.resting(nowNs, policy.pauseNs()), Verdict.NOT_WORTH_IT, imbalance, planned,
                moves, Optional.empty());
    }

    private long pause(final RebalanceState state, final long nowNs) {
        final boolean calm = nowNs - state.proposedNs() > CALM * state.pauseNs();
        return state.pauseNs() == 0 || calm ? policy.pauseNs()
            : Math.min(LONGER * state.pauseNs(), LONGEST_PAUSES * policy.pauseNs());
    }

    private static int moves(final Placement before, final Placement after) {
        int moves = 0;
        for (int layer = 0; layer < after.layers(); layer++) {
            for (int expert = 0; expert < after.experts(); expert++) {
                for (int replica = 0; replica < after.replicas(layer, expert); replica++) {
                    moves += before.holds(after.host(layer, expert, replica), layer, expert) ? 0 : 1;
                }
            }
        }
        return moves;
    }
}
