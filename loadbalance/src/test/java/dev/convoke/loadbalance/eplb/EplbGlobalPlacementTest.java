package dev.convoke.loadbalance.eplb;

import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementAlgorithmContract;

class EplbGlobalPlacementTest extends PlacementAlgorithmContract {
    @Override
    protected PlacementAlgorithm algorithm() {
        return new EplbGlobalPlacement();
    }
}
