package dev.convoke.server;

import dev.convoke.loadbalance.Placement;

/**
 * A placement for files and messages.
 *
 * @param replicas [layers x experts][replicas] host numbers
 */
public record PlacementText(long epoch, int layers, int experts, int hosts, int[][] replicas) {
    /** Of a placement. */
    public static PlacementText of(final Placement placement) {
        final int[][] replicas = new int[placement.layers() * placement.experts()][];
        for (int i = 0; i < replicas.length; i++) {
            final int layer = i / placement.experts();
            final int expert = i % placement.experts();
            replicas[i] = new int[placement.replicas(layer, expert)];
            for (int replica = 0; replica < replicas[i].length; replica++) {
                replicas[i][replica] = placement.host(layer, expert, replica);
            }
        }
        return new PlacementText(placement.epoch(), placement.layers(), placement.experts(), placement.hosts(),
            replicas);
    }

    /** The placement; throws {@link IllegalArgumentException} if it is none. */
    public Placement toPlacement() {
        if (replicas == null || layers < 1 || experts < 1 || (long)layers * experts != replicas.length) {
            throw new IllegalArgumentException("a placement of " + layers + " layers of " + experts + " experts lists "
                + (replicas == null ? "no" : replicas.length) + " experts");
        }
        for (final int[] hostsOfExpert : replicas) {
            if (hostsOfExpert == null) {
                throw new IllegalArgumentException("an expert has no hosts");
            }
        }
        return new Placement(epoch, layers, experts, hosts, replicas);
    }
}
