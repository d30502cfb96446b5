package dev.convoke.loadbalance;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Requests of every kind for randomised tests. */
public final class RandomRequests {
    private RandomRequests() {
    }

    /** Any request: unequal or unlimited hosts, replicas, skewed load, racks, drained hosts, a current placement. */
    public static PlacementRequest any(final SplittableRandom random) {
        final int layers = 1 + random.nextInt(5);
        final int experts = 1 + random.nextInt(24);
        final List<HostCapacity> hosts = hosts(random, layers * experts, 1 + random.nextInt(10));
        PlacementRequest request = new PlacementRequest(random.nextLong(1000), layers, experts, hosts)
            .withLoad(load(random, layers, experts))
            .withReplicas(1 + random.nextInt(3), random.nextInt(experts + 1));
        if (random.nextInt(3) == 0) {
            request = request.withObjective(LoadObjective.ACTIVE_EXPERTS);
        }
        if (experts % 2 == 0 && random.nextBoolean()) {
            request = request.withExpertGroups(experts % 4 == 0 ? 4 : 2);
        }
        if (random.nextInt(3) == 0) {
            request = request.withCurrent(placement(random, layers, experts, 1 + random.nextInt(hosts.size())),
                new MovePolicy(random.nextBoolean() ? 0 : 0.01, random.nextInt(20)));
        }
        if (random.nextInt(4) == 0) {
            request = request.withCoActivation(pairs(random, layers, experts), random.nextDouble());
        }
        return request;
    }

    /** Tokens from all equal to few experts with nearly all of them, some with none. */
    public static ExpertLoad load(final SplittableRandom random, final int layers, final int experts) {
        final double exponent = 3 * random.nextDouble();
        final double[][] tokens = new double[layers][experts];
        for (final double[] layer : tokens) {
            for (int expert = 0; expert < experts; expert++) {
                layer[expert] = random.nextInt(20) == 0 ? 0
                    : Math.floor(10_000 * Math.pow(1 + random.nextInt(experts), -exponent));
            }
        }
        return ExpertLoad.ofTokens(tokens).withEstimatedActivity(1 + random.nextInt(64), 1 + random.nextInt(4));
    }

    /** Hosts that together hold all experts. */
    public static List<HostCapacity> hosts(final SplittableRandom random, final int experts, final int count) {
        final boolean limited = random.nextInt(3) > 0;
        final int slack = random.nextInt(3) * experts;
        final int racks = 1 + random.nextInt(4);
        final boolean unequal = random.nextBoolean();
        final List<HostCapacity> hosts = new ArrayList<>();
        int room = 0;
        for (int host = 0; host < count; host++) {
            int replicas = limited ? random.nextInt(1 + 2 * (experts + slack) / count) : Integer.MAX_VALUE;
            if (host == count - 1 && room < experts) {
                replicas = Math.max(replicas, experts - room);
            }
            room += Math.min(experts, replicas);
            hosts.add(new HostCapacity(replicas, unequal ? 0.25 + random.nextInt(8) / 4.0 : 1,
                racks == 1 ? "" : "rack-" + random.nextInt(racks)));
        }
        return hosts;
    }

    /** Any placement. */
    public static Placement placement(final SplittableRandom random, final int layers, final int experts,
        final int hosts) {
        final int[][] hostsOfExpert = new int[layers * experts][];
        for (int expert = 0; expert < hostsOfExpert.length; expert++) {
            final int first = random.nextInt(hosts);
            hostsOfExpert[expert] = random.nextInt(4) == 0 && hosts > 1
                ? new int[]{first, (first + 1 + random.nextInt(hosts - 1)) % hosts} : new int[]{first};
        }
        return new Placement(random.nextLong(1000), layers, experts, hosts, hostsOfExpert);
    }

    private static CoActivation pairs(final SplittableRandom random, final int layers, final int experts) {
        final CoActivation.Builder pairs = CoActivation.builder(layers, experts);
        for (int i = 0; i < 50 && experts > 1; i++) {
            final int first = random.nextInt(experts);
            pairs.addRow(random.nextInt(layers), first, (first + 1 + random.nextInt(experts - 1)) % experts);
        }
        return pairs.build();
    }
}
