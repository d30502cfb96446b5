package dev.convoke.loadbalance.eplb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.RandomRequests;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EplbMapsTest {
    @Test
    void shouldDeriveSlotsAndCounts() {
        final EplbMaps maps = EplbMaps.of(3, new int[][]{{2, 0, 1, 2}, {0, 1, 2, -1}});
        assertArrayEquals(new int[][][]{{{1, -1}, {2, -1}, {0, 3}}, {{0, -1}, {1, -1}, {2, -1}}}, maps.log2phy());
        assertArrayEquals(new int[][]{{1, 1, 2}, {1, 1, 1}}, maps.logcnt());
        assertEquals(new Placement(7, 2, 3, 2, new int[][]{{0}, {1}, {0, 1}, {0}, {0}, {1}}), maps.toPlacement(7, 2));
    }

    @Test
    void shouldCountReplicasOnOneHostOnce() {
        final EplbMaps maps = EplbMaps.of(2, new int[][]{{0, 0, 0, 1}});
        assertEquals(new Placement(1, 1, 2, 2, new int[][]{{0, 1}, {1}}), maps.toPlacement(1, 2));
    }

    @Test
    void shouldKeepTheOrderOfReplicas() {
        final int[][] phy2log = {{0, 1, 0, -1}};
        final EplbMaps maps = EplbMaps.of(phy2log, new int[][][]{{{2, 0}, {1, -1}}});
        assertEquals(new Placement(1, 1, 2, 2, new int[][]{{1, 0}, {0}}), maps.toPlacement(1, 2));
    }

    @Test
    void shouldReadBackWhatItWrites() {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            final int hosts = 1 + random.nextInt(6);
            final Placement placement =
                RandomRequests.placement(random, 1 + random.nextInt(4), 1 + random.nextInt(12), hosts);
            final EplbMaps maps = EplbMaps.of(placement);
            assertEquals(placement, maps.toPlacement(placement.epoch(), hosts));
            assertEquals(maps, EplbMaps.of(maps.phy2log(), maps.log2phy()));
        }
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertError("phy2log is empty; it must have a row of slots for every layer.",
            () -> EplbMaps.of(1, new int[][]{{}}));
        assertError("phy2log has 1 slots in layer 1 and 2 in layer 0; all layers must have the same.",
            () -> EplbMaps.of(1, new int[][]{{0, 0}, {0}}));
        assertError("phy2log names expert 2 in layer 0; there are experts 0 to 1, and -1 for an empty slot.",
            () -> EplbMaps.of(2, new int[][]{{0, 1, 2}}));
        assertError("phy2log has no slot for expert 1 in layer 0; every expert needs one.",
            () -> EplbMaps.of(2, new int[][]{{0, 0}}));
        assertError("log2phy has 0 layers, phy2log 1; both must have all layers of the model.",
            () -> EplbMaps.of(new int[][]{{0}}, new int[][][]{}));
        assertError("log2phy has 1 experts in layer 1 and 2 in layer 0; all layers must have the same.",
            () -> EplbMaps.of(new int[][]{{0, 1}, {0, 1}}, new int[][][]{{{0}, {1}}, {{0}}}));
        assertError("log2phy puts expert 0 of layer 0 into slot 1, phy2log does not, or not once; the maps must agree.",
            () -> EplbMaps.of(new int[][]{{0, 1}}, new int[][][]{{{1}, {0}}}));
        assertError("phy2log puts expert 0 of layer 0 into slot 2, log2phy does not; the maps must agree.",
            () -> EplbMaps.of(new int[][]{{0, 1, 0}}, new int[][][]{{{0}, {1}}}));
        assertError("3 slots of the maps do not divide over 2 hosts; they were made for another number of hosts.",
            () -> EplbMaps.of(2, new int[][]{{0, 1, 0}}).toPlacement(1, 2));
    }

    private static void assertError(final String message, final org.junit.jupiter.api.function.Executable call) {
        assertEquals(message, assertThrows(ConfigurationException.class, call).getMessage());
    }
}
