package dev.convoke.bench.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.HostLoads;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.balanced.BalancedPlacement;
import org.junit.jupiter.api.Test;

class LowerBoundTest {
    @Test
    void shouldBeTheMeanTheLargestShareOrTheHeaviestExpertsCompany() {
        assertEquals(1, bound(2, 2, 0, 4, 3, 3, 2).maxOverMean());
        // 12 of 18 tokens stay on one host, beside the lightest of the others.
        assertEquals(13 / 9.0, bound(2, 2, 0, 12, 3, 2, 1).maxOverMean());
        // Two replicas of the heaviest; the largest share is then 6 of 9, but the mean is 9.
        assertEquals(1, bound(2, 3, 1, 12, 3, 2, 1).maxOverMean());
        assertEquals(12 / 6.0, bound(3, 3, 0, 12, 3, 2, 1).maxOverMean());
    }

    @Test
    void shouldProveByTryingEverythingWhatTheBoundDoesNot() {
        // One host has an odd number of halves more than the other, whatever is paired.
        final LowerBound bound = bound(2, 2, 0, 5, 5, 5, 2);
        assertEquals(1, bound.maxOverMean());
        assertTrue(bound.proves(10 / 8.5));
        assertFalse(bound.proves(10.5 / 8.5));
    }

    @Test
    void shouldNeverBeAboveAPlan() {
        for (int seed = 1; seed <= 60; seed++) {
            final LoadKind kind = LoadKind.values()[seed % LoadKind.values().length];
            final ExpertLoad load = GeneratedLoad.of(kind, 1 + seed % 3, 8, seed);
            final PlacementSetting setting = new PlacementSetting(kind.label(), 1 + seed % 3, 8, 2 + seed % 3,
                12.5 * (seed % 5));
            final PlacementRequest request = setting.request(load);
            final double plan = HostLoads.of(new BalancedPlacement().place(request), load, LoadObjective.TOKENS)
                .maxOverMean();
            final LowerBound bound = new LowerBound(request);
            assertTrue(plan >= bound.maxOverMean() - 1e-9, request + ": " + plan + " < " + bound.maxOverMean());
            assertFalse(bound.proves(plan + 0.01), request.toString());
        }
    }

    private static LowerBound bound(final int hosts, final int memory, final int extra, final double... tokens) {
        return new LowerBound(new PlacementRequest(1, 1, tokens.length,
            HostCapacity.alike(hosts, HostCapacity.of(memory))).withLoad(ExpertLoad.ofTokens(new double[][]{tokens}))
            .withReplicas(1, extra));
    }
}
