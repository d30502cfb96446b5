package dev.convoke.loadbalance.rebalance;

import dev.convoke.core.ConfigurationException;

/**
 * When a placement is changed, and what a change may cost. Imbalance is the load of the slowest host over the mean.
 *
 * @param threshold     imbalance above which something is to be done; more than 1
 * @param patienceNs    for how long it has to be above that
 * @param leastGain     how much smaller a change must make it beyond what its moves cost
 * @param costOfAll     how much smaller it must become for moving all replicas to be worth it; a part of them costs
 *                      its part
 * @param mostMoves     the share of all replicas that one change may move; above 0, at most 1
 * @param pauseNs       from one plan to the next at least, and longer the sooner one follows another
 * @param leastChoices  of experts, below which a load says too little
 */
public record RebalancePolicy(double threshold, long patienceNs, double leastGain, double costOfAll, double mostMoves,
    long pauseNs, double leastChoices) {
    /** Checks. */
    public RebalancePolicy {
        if (!(threshold > 1 && threshold < Double.POSITIVE_INFINITY)) {
            throw new ConfigurationException("Rebalancing above an imbalance of " + threshold + " makes no sense; 1 is "
                + "perfect, so give more than 1.");
        }
        if (!(leastGain > 0 && leastGain < Double.POSITIVE_INFINITY && costOfAll >= 0
            && costOfAll < Double.POSITIVE_INFINITY && leastChoices >= 0)) {
            throw new ConfigurationException("Rebalancing cannot ask for a gain of " + leastGain + " and count all "
                + "moves as " + costOfAll + "; give a number above 0, and one of 0 or more.");
        }
        if (!(mostMoves > 0 && mostMoves <= 1)) {
            throw new ConfigurationException("Rebalancing cannot move " + mostMoves + " of all replicas; give a share "
                + "above 0 and up to 1.");
        }
        if (patienceNs < 0 || pauseNs < 1) {
            throw new ConfigurationException("Rebalancing cannot wait for " + patienceNs + " ns and then pause for "
                + pauseNs + " ns; give times of 0 or more, and above 0.");
        }
    }
}
