package dev.convoke.bench.resilience;

import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/** Other placements of the same replicas. */
final class Moves {
    private Moves() {
    }

    /** Moves a share of all replicas, drawn by chance, each to a host that has none of its expert. */
    static Placement moved(final Placement now, final double share, final SplittableRandom random) {
        final int[][] hosts = new int[now.layers() * now.experts()][];
        final List<int[]> replicas = new ArrayList<>();
        for (int expert = 0; expert < hosts.length; expert++) {
            hosts[expert] = new int[now.replicas(expert / now.experts(), expert % now.experts())];
            for (int replica = 0; replica < hosts[expert].length; replica++) {
                hosts[expert][replica] = now.host(expert / now.experts(), expert % now.experts(), replica);
                replicas.add(new int[] {expert, replica});
            }
        }
        Collections.shuffle(replicas, new Random(random.nextLong()));
        final int wanted = (int)Math.round(share * replicas.size());
        int moved = 0;
        final boolean[] touched = new boolean[hosts.length];
        for (final int[] replica : replicas) {
            if (moved < wanted && !touched[replica[0]]) {
                touched[replica[0]] = true;
                hosts[replica[0]][replica[1]] = without(hosts[replica[0]], now.hosts(), random);
                moved++;
            }
        }
        return new Placement(now.epoch() + 1, now.layers(), now.experts(), now.hosts(), hosts);
    }

    private static int without(final int[] taken, final int hosts, final SplittableRandom random) {
        final List<Integer> free = new ArrayList<>();
        for (int host = 0; host < hosts; host++) {
            final int its = host;
            if (Arrays.stream(taken).noneMatch(other -> other == its)) {
                free.add(host);
            }
        }
        return free.get(random.nextInt(free.size()));
    }
}
