package dev.convoke.loadbalance;

import dev.convoke.core.ConfigurationException;

/**
 * What a change of placement may cost. A move is a replica loaded by a host that did not hold it; dropping one costs
 * nothing.
 *
 * @param costPerMove how much smaller the largest host load over the mean must become for one move to be worth it,
 *                    averaged over the layers: with 0.0001, a hundred moves must gain 0.01
 * @param mostMoves   moves a new placement may need beyond those that give every expert the least of its replicas;
 *                    where they do not suffice for all extra replicas, there are fewer
 */
public record MovePolicy(double costPerMove, int mostMoves) {
    /** Moves cost nothing. */
    public static final MovePolicy FREE = new MovePolicy(0, Integer.MAX_VALUE);

    /** Checks. */
    public MovePolicy {
        if (!(costPerMove >= 0) || costPerMove == Double.POSITIVE_INFINITY || mostMoves < 0) {
            throw new ConfigurationException("A move cannot cost " + costPerMove + " with at most " + mostMoves
                + " of them; give numbers of 0 or more.");
        }
    }
}
