package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Hosts and a decoder that do what the coordinator orders, late, or not at all. */
final class SimulatedCluster {
    static final int LAYERS = 2;
    static final int EXPERTS = 4;
    static final MoveLimits LIMITS =
        new MoveLimits(2, TimeUnit.SECONDS.toNanos(20), TimeUnit.SECONDS.toNanos(10));
    private static final long DECODER = 77;
    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    final Coordinator coordinator;
    final List<CommandLog.Entry> log = new ArrayList<>();
    final List<Event> events = new ArrayList<>();
    final SimulatedHost[] hosts;
    final SplittableRandom random;
    /** How often an order is lost or a load fails. */
    double trouble;
    long nowNs = 1;
    Placement decoderPlacement;
    private Placement offered;
    private long nextIncarnation = 1;

    static final class SimulatedHost {
        boolean alive = true;
        long incarnation;
        int room;
        final BitSet held = new BitSet();
        final BitSet failed = new BitSet();
        final Map<Integer, Long> loading = new HashMap<>();
        final Map<Integer, Long> leaving = new HashMap<>();
    }

    SimulatedCluster(final SplittableRandom random, final int hostCount, final int room, final Placement first) {
        this.random = random;
        coordinator = new Coordinator(hostCount, LIMITS);
        hosts = new SimulatedHost[hostCount];
        Arrays.setAll(hosts, host -> {
            final SimulatedHost made = new SimulatedHost();
            made.incarnation = nextIncarnation++;
            made.room = room;
            made.held.or(replicas(first, host));
            return made;
        });
        decoderPlacement = first;
        apply(new Command.Begin(first, null, List.of(), members(hostCount)));
    }

    /** Every second one has registered itself. */
    private static Map<Integer, Member> members(final int hostCount) {
        final Map<Integer, Member> members = new HashMap<>();
        for (int host = 0; host < hostCount; host++) {
            members.put(host, new Member("host " + host, host % 2 == 0, 1, false, false));
        }
        return members;
    }

    /** A process says that it is a host; whoever had the numbers before it does so first. */
    void register(final int number) {
        for (int host = 0; host <= number; host++) {
            if (host == number || coordinator.host(host).member() == null) {
                apply(new Command.HostRegistered("host " + host, 1));
            }
        }
        assertEquals("host " + number, coordinator.host(number).member().address());
    }

    static BitSet replicas(final Placement placement, final int host) {
        final BitSet replicas = new BitSet();
        for (int i = 0; i < LAYERS * EXPERTS; i++) {
            replicas.set(i, placement.holds(host, i / EXPERTS, i % EXPERTS));
        }
        return replicas;
    }

    /** Every expert on so many hosts, within the room of each. */
    static Placement placement(final SplittableRandom random, final long epoch, final int hostCount,
        final int replicas, final List<Integer> without) {
        final int[][] chosen = new int[LAYERS * EXPERTS][];
        final int[] load = new int[hostCount];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = random.ints(0, hostCount).distinct().limit(hostCount).boxed()
                .filter(host -> !without.contains(host)).sorted((a, b) -> load[a] - load[b]).limit(replicas)
                .mapToInt(Integer::intValue).toArray();
            for (final int host : chosen[i]) {
                load[host]++;
            }
        }
        return new Placement(epoch, LAYERS, EXPERTS, hostCount, chosen);
    }

    /** No order may put an expert out of the decoder's reach, and no placement one out of reach that was within. */
    List<Event> apply(final Command command) {
        final Placement before = coordinator.published();
        final List<Event> out = coordinator.apply(nowNs, command);
        if (coordinator.hasChanged()) {
            log.add(new CommandLog.Entry(nowNs, command));
        }
        events.addAll(out);
        for (int i = 0; i < LAYERS * EXPERTS && before != null && !(command instanceof Command.Begin); i++) {
            assertTrue(!coordinator.isServed(before, i) || coordinator.isServed(coordinator.published(), i),
                coordinator::toString);
        }
        for (final Event event : out) {
            switch (event) {
                case Event.LoadOrdered(final Step step) -> load(step.host(), step.layer() * EXPERTS + step.expert());
                case Event.FreeOrdered(final Step step) -> free(step.host(), step.layer() * EXPERTS + step.expert());
                case Event.Published(final Placement placement) -> offered = placement;
                default -> { }
            }
        }
        return out;
    }

    private void load(final int number, final int expert) {
        final SimulatedHost host = hosts[number];
        if (!host.alive || random.nextDouble() < trouble || host.held.get(expert) || host.leaving.containsKey(expert)
            || host.loading.containsKey(expert)) {
            return;
        }
        host.failed.clear(expert);
        if (random.nextDouble() < trouble
            || host.held.cardinality() + host.loading.size() + host.leaving.size() >= host.room) {
            host.failed.set(expert);
        } else {
            host.loading.put(expert, nowNs + random.nextLong(3000 * MS));
        }
    }

    private void free(final int number, final int expert) {
        final SimulatedHost host = hosts[number];
        if (host.alive && random.nextDouble() >= trouble && host.held.get(expert)) {
            final boolean reached = isReached(decoderPlacement, expert);
            host.held.clear(expert);
            assertEquals(reached, isReached(decoderPlacement, expert), coordinator::toString);
            host.leaving.put(expert, nowNs + random.nextLong(500 * MS));
        }
    }

    /** Time passes: what is due happens, orders are repeated, everybody reports who can. */
    void turn(final long durationNs) {
        nowNs += durationNs;
        for (int number = 0; number < hosts.length; number++) {
            final SimulatedHost host = hosts[number];
            host.loading.entrySet().stream().filter(load -> load.getValue() <= nowNs).toList().forEach(load -> {
                host.held.set(load.getKey());
                host.loading.remove(load.getKey());
            });
            host.leaving.values().removeIf(dueNs -> dueNs <= nowNs);
            if (host.alive && random.nextDouble() >= trouble) {
                report(number);
            }
            final int repeated = number;
            List.copyOf(coordinator.host(number).loading().keySet()).forEach(expert -> load(repeated, expert));
            coordinator.host(number).freeing().stream().forEach(expert -> free(repeated, expert));
        }
        if (random.nextDouble() >= trouble) {
            takeOffered();
            apply(new Command.DecoderReported(DECODER, decoderPlacement.epoch()));
        }
        apply(new Command.Tick());
    }

    /** A host says how it stands, and first that it is there, if a coordinator that started again has forgotten it. */
    void report(final int number) {
        if (coordinator.host(number).member() == null) {
            register(number);
        }
        final SimulatedHost host = hosts[number];
        apply(new Command.HostReported(number, host.incarnation, host.room, list(host.held),
            host.leaving.keySet().stream().sorted().toList(), list(host.failed), host.failed.isEmpty() ? "" : "no"));
    }

    private static List<Integer> list(final BitSet bits) {
        return bits.stream().boxed().toList();
    }

    /** As the routing service does: not before what can be reached now can be reached then. */
    private void takeOffered() {
        if (offered != null && offered.epoch() > decoderPlacement.epoch()) {
            for (int i = 0; i < LAYERS * EXPERTS; i++) {
                if (isReached(decoderPlacement, i) && !isReached(offered, i)) {
                    return;
                }
            }
            decoderPlacement = offered;
        }
    }

    boolean isReached(final Placement placement, final int expert) {
        for (int host = 0; host < hosts.length; host++) {
            if (replicas(placement, host).get(expert) && hosts[host].alive && hosts[host].held.get(expert)) {
                return true;
            }
        }
        return false;
    }

    void kill(final int number) {
        hosts[number].alive = false;
        apply(new Command.HostLost(number));
    }

    /** Another process in its place, with the experts that a host of its number begins with. */
    void revive(final int number, final Placement first) {
        register(number);
        final SimulatedHost host = hosts[number];
        host.alive = true;
        host.incarnation = nextIncarnation++;
        host.held.clear();
        host.held.or(replicas(first, number));
        host.failed.clear();
        host.loading.clear();
        host.leaving.clear();
    }
}
