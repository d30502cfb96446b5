package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.NamedServices;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every placement algorithm keeps. Random cases print their seed; {@code -Dconvoke.seed} repeats one. */
public abstract class PlacementAlgorithmContract {
    private static final int CASES = 300;

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    /** The algorithm under test. */
    protected abstract PlacementAlgorithm algorithm();

    @BeforeEach
    void printSeed() {
        System.out.println(getClass().getSimpleName() + " seed " + seed);
    }

    @Test
    void shouldBeFoundByItsName() {
        assertEquals(algorithm().getClass(),
            NamedServices.named(PlacementAlgorithm.class, algorithm().name()).getClass());
    }

    @Test
    void shouldPlaceEveryExpertAsAsked() {
        for (int i = 0; i < CASES; i++) {
            final PlacementRequest request = randomRequest();
            final Placement placement = algorithm().place(request);
            assertEquals(request.epoch(), placement.epoch());
            assertEquals(request.layers(), placement.layers());
            assertEquals(request.experts(), placement.experts());
            assertEquals(request.hosts(), placement.hosts());
            for (int layer = 0; layer < request.layers(); layer++) {
                for (int expert = 0; expert < request.experts(); expert++) {
                    assertTrue(placement.replicas(layer, expert) > 0, request + " layer " + layer);
                    assertTrue(placement.holds(placement.host(layer, expert, 0), layer, expert));
                }
            }
        }
    }

    @Test
    void shouldBeAPureFunctionOfItsRequest() {
        for (int i = 0; i < CASES; i++) {
            final PlacementRequest request = randomRequest();
            final Placement first = algorithm().place(request);
            algorithm().place(randomRequest());
            assertEquals(first, algorithm().place(request), request.toString());
        }
    }

    private PlacementRequest randomRequest() {
        return new PlacementRequest(random.nextLong(1000), 1 + random.nextInt(8), 1 + random.nextInt(40),
            1 + random.nextInt(12));
    }
}
