package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PlacementTest {
    @Test
    void shouldKeepReplicasInOrderAndApartFromTheCallersArrays() {
        final int[][] hosts = {{1, 0}, {0}};
        final Placement placement = new Placement(7, 1, 2, 2, hosts);
        hosts[0][0] = 0;
        assertEquals(7, placement.epoch());
        assertEquals(2, placement.replicas(0, 0));
        assertEquals(1, placement.host(0, 0, 0));
        assertEquals(0, placement.host(0, 0, 1));
        assertTrue(placement.holds(1, 0, 0));
        assertFalse(placement.holds(1, 0, 1));
    }

    @Test
    void shouldEqualOnlyWhatPlacesAlike() {
        final Placement placement = new Placement(7, 1, 2, 2, new int[][]{{1, 0}, {0}});
        final Placement same = new Placement(7, 1, 2, 2, new int[][]{{1, 0}, {0}});
        assertEquals(placement, same);
        assertEquals(placement.hashCode(), same.hashCode());
        assertNotEquals(placement, new Placement(8, 1, 2, 2, new int[][]{{1, 0}, {0}}));
        assertNotEquals(placement, new Placement(7, 1, 2, 2, new int[][]{{0, 1}, {0}}));
        assertNotEquals(placement, new Placement(7, 1, 2, 3, new int[][]{{1, 0}, {0}}));
        assertNotEquals(placement, new Placement(7, 2, 1, 2, new int[][]{{1, 0}, {0}}));
    }

    @Test
    void shouldRejectWhatIsNotAPlacement() {
        assertRejected("1 experts given, 2 expected", new int[][]{{0}});
        assertRejected("layer 0 expert 1 has no host", new int[][]{{0}, {}});
        assertRejected("layer 0 expert 1 names a host twice: [1, 1]", new int[][]{{0}, {1, 1}});
        assertRejected("layer 0 expert 0 names host 2 of 2", new int[][]{{2}, {1}});
        assertRejected("layer 0 expert 0 names host -1 of 2", new int[][]{{-1}, {1}});
    }

    private static void assertRejected(final String message, final int[][] hosts) {
        assertEquals(message, assertThrows(IllegalArgumentException.class,
            () -> new Placement(1, 1, 2, 2, hosts)).getMessage());
    }
}
