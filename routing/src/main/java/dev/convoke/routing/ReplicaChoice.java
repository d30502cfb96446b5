package dev.convoke.routing;

import dev.convoke.core.Named;

/**
 * Picks the hosts that compute the experts of one exchange. An answer depends on nothing but the arguments, so that the
 * same steps on the same measurements make the same choices. Which replica computes a row never changes its bits.
 * Implementations may keep scratch memory and so belong to one thread; they are on the step path and neither allocate
 * (beyond what the largest demand so far took), lock, log nor throw.
 */
public interface ReplicaChoice extends Named {
    /**
     * Allots every row of every expert of the demand to replicas of that expert.
     *
     * @param demand nothing is allotted yet; each expert has one replica or more
     * @param costs  what hosts take, as measured
     */
    void choose(ReplicaDemand demand, HostCosts costs);
}
