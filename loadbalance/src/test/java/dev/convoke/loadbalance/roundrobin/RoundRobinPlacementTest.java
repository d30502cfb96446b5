package dev.convoke.loadbalance.roundrobin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementAlgorithmContract;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RoundRobinPlacementTest extends PlacementAlgorithmContract {
    @Override
    protected PlacementAlgorithm algorithm() {
        return new RoundRobinPlacement();
    }

    @Test
    void shouldDealEveryLayerAlikeWhenHostsDivideExperts() {
        final Placement placement = algorithm().place(new PlacementRequest(1, 3, 8, 4));
        for (int layer = 0; layer < 3; layer++) {
            for (int expert = 0; expert < 8; expert++) {
                assertEquals(expert % 4, placement.host(layer, expert, 0));
            }
        }
    }

    @Test
    void shouldNotGiveAHostTwoExpertsMoreThanAnother() {
        for (int hosts = 1; hosts < 20; hosts++) {
            final Placement placement = algorithm().place(new PlacementRequest(1, 5, 8, hosts));
            final int[] held = new int[hosts];
            for (int layer = 0; layer < 5; layer++) {
                for (int expert = 0; expert < 8; expert++) {
                    held[placement.host(layer, expert, 0)]++;
                }
            }
            final var summary = Arrays.stream(held).summaryStatistics();
            assertTrue(summary.getMax() - summary.getMin() <= 1, Arrays.toString(held));
        }
    }
}
