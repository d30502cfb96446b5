package dev.convoke.routing;

import dev.convoke.transport.codec.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * What befalls the hosts of a rig on its simulated clock: they die, with and without notice, and are started again,
 * hang and go on, slow down, drain, refuse. Drawn from a seed; at most so many hosts are in trouble at a time.
 */
final class HostTroubles implements Runnable {
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private enum Kind {
        KILLED,
        VANISHED,
        HANGS,
        SLOW,
        DRAINS,
        LACKS_EXPERTS
    }

    private final RoutingRig rig;
    private final SplittableRandom random;
    private final int mostAtATime;
    private final List<String> log = new ArrayList<>();
    private final Kind[] kinds;
    private final long[] endNs;
    private long nextNs;
    private long nextHostId = 100;
    private boolean over;

    HostTroubles(final RoutingRig rig, final SplittableRandom random, final int mostAtATime) {
        this.rig = rig;
        this.random = random;
        this.mostAtATime = mostAtATime;
        this.kinds = new Kind[rig.hosts.size()];
        this.endNs = new long[rig.hosts.size()];
        this.nextNs = rig.nowNs + random.nextLong(20 * MS);
    }

    @Override
    public void run() {
        for (int host = 0; host < kinds.length; host++) {
            if (kinds[host] != null && (over || rig.nowNs - endNs[host] >= 0)) {
                end(host);
            }
        }
        if (!over && rig.nowNs - nextNs >= 0) {
            nextNs = rig.nowNs + random.nextLong(1, 60 * MS);
            final int host = random.nextInt(kinds.length);
            if (kinds[host] == null && inTrouble() < mostAtATime) {
                begin(host);
            }
        }
    }

    /** Hosts in trouble, or not yet ready again after it. */
    private int inTrouble() {
        int count = 0;
        for (int host = 0; host < kinds.length; host++) {
            final boolean up = rig.counters.labelled("host", "host-" + host).value("moe_expert_host_up") == 1;
            count += kinds[host] != null || !up ? 1 : 0;
        }
        return count;
    }

    private void begin(final int host) {
        final ScriptedHost victim = rig.hosts.get(host);
        kinds[host] = Kind.values()[random.nextInt(Kind.values().length)];
        endNs[host] = rig.nowNs + random.nextLong(1, 400 * MS);
        switch (kinds[host]) {
            case KILLED -> victim.close();
            case VANISHED -> victim.dead = true;
            case HANGS -> victim.asleep = true;
            case SLOW -> victim.nsPerExpert = random.nextLong(1, 30 * MS);
            case DRAINS -> refuse(victim, ErrorCode.DRAINING);
            case LACKS_EXPERTS -> victim.refuseDispatch = ErrorCode.EXPERT_NOT_LOADED;
            default -> throw new AssertionError();
        }
        log.add(rig.nowNs / MS + " ms: host " + host + " " + kinds[host]);
    }

    private static void refuse(final ScriptedHost host, final ErrorCode code) {
        host.refuseHello = code;
        host.refuseDispatch = code;
    }

    private void end(final int host) {
        final ScriptedHost victim = rig.hosts.get(host);
        switch (kinds[host]) {
            case KILLED, VANISHED, DRAINS -> {
                victim.close();
                final ScriptedHost successor = rig.bind(host);
                successor.hostId = nextHostId++;
                rig.hosts.set(host, successor);
            }
            default -> {
                victim.asleep = false;
                victim.nsPerExpert = 0;
                refuse(victim, ErrorCode.NONE);
            }
        }
        log.add(rig.nowNs / MS + " ms: host " + host + " is back");
        kinds[host] = null;
    }

    /** No more of it. */
    void end() {
        over = true;
        run();
    }

    @Override
    public String toString() {
        return String.join("\n", log);
    }
}
