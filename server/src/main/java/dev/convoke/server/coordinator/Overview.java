package dev.convoke.server.coordinator;

import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.server.ClusterStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntFunction;

/** How a coordinator's hosts and moves stand, for operators. */
final class Overview {
    private Overview() {
    }

    /** What is placed on hosts is counted once for each placement, by {@link #placed}. */
    static ClusterStatus of(final Coordinator coordinator, final String ownNumerics,
        final IntFunction<String> addresses, final IntFunction<NumericsId> numerics, final int[] placed,
        final Chronicle chronicle) {
        final List<ClusterStatus.Host> hosts = new ArrayList<>();
        for (int host = 0; host < coordinator.published().hosts(); host++) {
            final HostView view = coordinator.host(host);
            hosts.add(new ClusterStatus.Host(addresses.apply(host),
                view.isSeen() ? numerics.apply(host).toString() : "", coordinator.members().speed(host),
                view.isSeen(), view.isDrained(), placed[host], view.held().cardinality(), view.room(),
                view.loading().size(), view.freeing().cardinality(), view.failed().size(),
                view.failed().isEmpty() ? "" : view.failure()));
        }
        return new ClusterStatus(ownNumerics, coordinator.published().epoch(), epochOfDecoders(coordinator), hosts,
            Optional.ofNullable(coordinator.change()).map(Overview::move), chronicle.lastFailure(),
            chronicle.latest());
    }

    /** How many replicas a placement puts on each host. */
    static int[] placed(final Placement placement) {
        final int[] placed = new int[placement.hosts()];
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                for (int replica = 0; replica < placement.replicas(layer, expert); replica++) {
                    placed[placement.host(layer, expert, replica)]++;
                }
            }
        }
        return placed;
    }

    private static ClusterStatus.Move move(final Change change) {
        return new ClusterStatus.Move(change.stage().name().toLowerCase(Locale.ROOT), change.index() + 1,
            change.phases(), change.phase().loads().size(), change.phase().drops().size(), change.isUndoing());
    }

    /** Of the decoder that is furthest behind. */
    private static long epochOfDecoders(final Coordinator coordinator) {
        return coordinator.decoders().values().stream().mapToLong(Long::longValue).min().orElse(0);
    }
}
