package dev.convoke.bench.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.loadbalance.Placement;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MovesTest {
    @Test
    void shouldMoveSoManyReplicasToHostsWithoutTheExpert() {
        final int[][] hosts = new int[48][];
        for (int expert = 0; expert < hosts.length; expert++) {
            hosts[expert] = new int[] {expert % 3, (expert + 1) % 3};
        }
        final Placement before = new Placement(4, 6, 8, 3, hosts);
        for (int seed = 0; seed < 20; seed++) {
            final Placement after = Moves.moved(before, 0.25, new SplittableRandom(seed));
            int gained = 0;
            for (int expert = 0; expert < hosts.length; expert++) {
                assertEquals(2, after.replicas(expert / 8, expert % 8), "seed " + seed);
                for (int host = 0; host < 3; host++) {
                    gained += after.holds(host, expert / 8, expert % 8) && !before.holds(host, expert / 8, expert % 8)
                        ? 1 : 0;
                }
            }
            assertEquals(24, gained, "seed " + seed);
            assertEquals(5, after.epoch());
        }
    }
}
