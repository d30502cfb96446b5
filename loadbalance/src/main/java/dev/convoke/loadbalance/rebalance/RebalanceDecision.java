package dev.convoke.loadbalance.rebalance;

import dev.convoke.loadbalance.Placement;
import java.util.Optional;

/**
 * What {@link RebalanceController} says.
 *
 * @param next      for the next time
 * @param verdict   what it comes to
 * @param imbalance of the current placement: the slowest host over the mean; 0 where there is too little load
 * @param planned   of the plan, where one was made; else 0
 * @param moves     replicas that the plan has to load, where one was made; else 0
 * @param proposal  the plan, if it is worth it
 */
public record RebalanceDecision(RebalanceState next, Verdict verdict, double imbalance, double planned, int moves,
    Optional<Placement> proposal) {
    /** Why there is a proposal, or none. */
    public enum Verdict {
        /** The load says nothing yet. */
        TOO_LITTLE_LOAD,
        /** The imbalance is not above the threshold. */
        BALANCED,
        /** It is, but not for long enough. */
        WAITING,
        /** It is, but a plan was made not long ago. */
        RESTING,
        /** A plan gains less than it must, beyond what its moves cost. */
        NOT_WORTH_IT,
        /** A plan is worth it. */
        PROPOSED
    }
}
