package dev.convoke.server.coordinator;

import dev.convoke.loadbalance.Placement;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Which host has which number. Part of the state. */
final class Members {
    /** No host's number. */
    static final int NOBODY = -1;

    private final HostView[] hosts;
    private boolean changed;

    Members(final HostView[] hosts) {
        this.hosts = hosts;
    }

    void begin(final int host, final Member member) {
        hosts[host].member(member);
    }

    /** By number. */
    Map<Integer, Member> all() {
        final Map<Integer, Member> all = new TreeMap<>();
        for (int host = 0; host < hosts.length; host++) {
            if (hosts[host].member() != null) {
                all.put(host, hosts[host].member());
            }
        }
        return all;
    }

    /** The number of a host that is known, or {@link #NOBODY}. */
    int numberOf(final String address) {
        for (int host = 0; host < hosts.length; host++) {
            if (hosts[host].member() != null && hosts[host].member().address().equals(address)) {
                return host;
            }
        }
        return NOBODY;
    }

    /** Work per time of a host: of one that did not say, the average of the others, or 1 if none did. */
    double speed(final int host) {
        final Member member = hosts[host].member();
        if (member != null && member.speed() > 0) {
            return member.speed();
        }
        return Arrays.stream(hosts).map(HostView::member).filter(Objects::nonNull).mapToDouble(Member::speed)
            .filter(speed -> speed > 0).average().orElse(1);
    }

    /** A process says that it is the host at an address; what follows for others, if anything. */
    Optional<Event> register(final String address, final double speed, final Placement placement) {
        final int known = numberOf(address);
        if (known == NOBODY) {
            return Optional.of(add(address, speed, placement));
        }
        final HostView host = hosts[known];
        if (host.member().leaving()) {
            host.drained(false);
        }
        final Member member = host.member().withSpeed(speed).stays();
        // What it held may have been given to others while it was away.
        changed |= host.member(isPlaced(placement, known) || host.isDrained() ? member : member.withoutShare());
        return Optional.empty();
    }

    private Event add(final String address, final double speed, final Placement placement) {
        for (int host = 0; host < hosts.length; host++) {
            if (hosts[host].member() == null) {
                final Member member = Member.registered(address, speed);
                hosts[host].member(isPlaced(placement, host) ? member.withShare() : member);
                hosts[host].drained(false);
                return new Event.HostAdded(host, address);
            }
        }
        return new Event.Rejected("There is room for " + hosts.length + " expert hosts, and as many are known; start "
            + "the coordinator and its decoders with a larger --max-hosts.");
    }

    /** A host says that it will go. */
    void leave(final int host) {
        final Member member = hosts[host].member();
        changed |= member != null && hosts[host].member(member.leaves());
    }

    /** Whether a host that nobody configured is not there. */
    boolean isGone(final int host) {
        final Member member = hosts[host].member();
        return member != null && !member.configured() && !hosts[host].isSeen();
    }

    /** The number is free for another host. */
    Event forget(final int host) {
        final Event forgotten = new Event.HostForgotten(host, hosts[host].member().address());
        hosts[host].member(null);
        hosts[host].drained(false);
        return forgotten;
    }

    /** A host that is there and has not got its share; or {@link #NOBODY}. */
    int newcomer() {
        for (int host = 0; host < hosts.length; host++) {
            if (hosts[host].isSeen() && hosts[host].member().newcomer() && !hosts[host].isDrained()) {
                return host;
            }
        }
        return NOBODY;
    }

    /** Whoever has a replica has got a share. */
    void onPublished(final Placement placement) {
        for (int host = 0; host < hosts.length; host++) {
            final Member member = hosts[host].member();
            if (member != null && member.newcomer() && isPlaced(placement, host)) {
                hosts[host].member(member.withShare());
            }
        }
    }

    /** Whether a host that is there, and that a placement puts an expert on, takes rows for it. */
    boolean isServed(final Placement placement, final int expert) {
        final int layer = expert / placement.experts();
        final int index = expert % placement.experts();
        for (int replica = 0; replica < placement.replicas(layer, index); replica++) {
            if (hosts[placement.host(layer, index, replica)].serves(expert)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPlaced(final Placement placement, final int host) {
        return !replicas(placement, host).isEmpty();
    }

    /** What a placement puts on a host; an expert is {@code layer x experts + index}. */
    static BitSet replicas(final Placement placement, final int host) {
        final BitSet replicas = new BitSet();
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                replicas.set(layer * placement.experts() + expert, placement.holds(host, layer, expert));
            }
        }
        return replicas;
    }

    /** Whether this part of the state changed, events aside, since it was asked last. */
    boolean takeChanged() {
        final boolean was = changed;
        changed = false;
        return was;
    }
}
