package dev.convoke.loadbalance;

import dev.convoke.core.Named;

/** Computes a placement; a pure function of its request. */
public interface PlacementAlgorithm extends Named {
    /** A placement in which every expert has a host. */
    Placement place(PlacementRequest request);
}
