package dev.convoke.server.coordinator;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.MovePlan;
import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides where replicas lie. Commands go in, events come out; it has no clock and no randomness of its own, so that
 * the same commands at the same times give the same state and the same events, here and wherever they are replayed.
 *
 * <p>Two things are kept true after every command. A host is ordered to load what the placement in force, or the phase
 * of a move under way, puts on it and it does not hold; and to free what nobody puts on it, once every decoder is past
 * the epochs that did. And no placement is published under which an expert is out of reach that was within reach.
 */
final class Coordinator {
    private final MoveLimits limits;
    private final HostView[] hosts;
    private final Map<Long, Long> decoders = new TreeMap<>();
    private List<Event> events = new ArrayList<>();
    private Placement published;
    private Change change;
    /** A target from before a restart, which waits for its hosts. */
    private Placement resumed;
    private long resumedNs;
    private final Rescue rescue;
    private final Members members;
    private boolean changed;
    private long nowNs;

    /** Of a deployment of so many hosts; {@link Command.Begin} is to come first. */
    Coordinator(final int hosts, final MoveLimits limits) {
        this.limits = limits;
        this.hosts = new HostView[hosts];
        Arrays.setAll(this.hosts, _ -> new HostView());
        this.members = new Members(this.hosts);
        this.rescue = new Rescue(this.hosts, members);
    }

    /** Takes a command that came at a time, on a clock that does not go back. */
    List<Event> apply(final long atNs, final Command command) {
        nowNs = atNs;
        changed = false;
        events = new ArrayList<>();
        switch (command) {
            case final Command.Begin begin -> onBegin(begin);
            case final Command.HostReported report -> onHostReported(report);
            case Command.HostLost(final int host) -> onHostLost(host);
            case Command.HostRegistered(final String address, final double speed) ->
                members.register(address, speed, published).ifPresent(events::add);
            case Command.HostLeaving(final int host) -> members.leave(host);
            case Command.HostForgotten(final int host) -> onHostForgotten(host);
            case Command.DecoderReported(final long decoder, final long epoch) -> onDecoderReported(decoder, epoch);
            case Command.DecoderLost(final long decoder) -> changed |= decoders.remove(decoder) != null;
            case final Command.Move move -> onMove(move);
            case Command.Cancel() -> onCancel();
            case Command.Tick() -> { }
        }
        advance();
        changed |= members.takeChanged() | !events.isEmpty();
        return List.copyOf(events);
    }

    /** Whether the last command changed anything, so that it belongs into a log. */
    boolean hasChanged() {
        return changed;
    }

    /** What a new coordinator begins with to go on from here. */
    Command.Begin begin() {
        return new Command.Begin(published, change != null && !change.isUndoing() ? change.target()
            : change != null ? change.original() : resumed, drained(), members.all());
    }

    /** Hosts that are known. */
    Members members() {
        return members;
    }

    /** Whether no replicas are being moved. */
    boolean isIdle() {
        return change == null && resumed == null;
    }

    /** Whether a host is gone, nothing is placed on it and nobody needs to know its number any more. */
    boolean isForgettable(final int host) {
        return isIdle() && members.isGone(host) && isReleased(host);
    }

    /** Whether nothing is placed on a host, and no decoder may ask it for anything. */
    boolean isReleased(final int host) {
        return Members.replicas(published, host).isEmpty() && (decoders.isEmpty() || isTaken());
    }

    /** The latest placement. */
    Placement published() {
        return published;
    }

    /** What is under way, or null. */
    Change change() {
        return change;
    }

    /** Whether something is to happen at a host. */
    boolean isBusy(final int host) {
        return !isIdle() || !hosts[host].isSeen() || !hosts[host].loading().isEmpty()
            || !hosts[host].freeing().isEmpty();
    }

    /** Hosts by number. */
    HostView host(final int host) {
        return hosts[host];
    }

    /** The epoch that each decoder is at, by its id. */
    Map<Long, Long> decoders() {
        return decoders;
    }

    /** Hosts that shall hold nothing. */
    List<Integer> drained() {
        final List<Integer> drained = new ArrayList<>();
        for (int host = 0; host < hosts.length; host++) {
            if (hosts[host].isDrained()) {
                drained.add(host);
            }
        }
        return drained;
    }

    private void onBegin(final Command.Begin begin) {
        published = begin.placement();
        resumed = begin.target();
        resumedNs = nowNs;
        change = null;
        rescue.clear();
        decoders.clear();
        for (int host = 0; host < hosts.length; host++) {
            hosts[host].lose();
            hosts[host].drained(begin.drained().contains(host));
            members.begin(host, begin.members().get(host));
        }
        events.add(new Event.Published(published));
    }

    private void onHostForgotten(final int host) {
        events.add(isForgettable(host) ? members.forget(host)
            : new Event.Rejected("Host " + host + " is needed still."));
    }

    private void onHostReported(final Command.HostReported report) {
        final HostView host = hosts[report.host()];
        if (host.member() == null) {
            return;
        }
        if (!host.isSeen()) {
            events.add(new Event.HostJoined(report.host()));
        }
        changed |= host.report(report, nowNs);
    }

    private void onHostLost(final int host) {
        if (hosts[host].isSeen()) {
            hosts[host].lose();
            events.add(new Event.HostGone(host));
        }
    }

    private void onDecoderReported(final long decoder, final long epoch) {
        final Long before = decoders.put(decoder, epoch);
        changed |= before == null || before != epoch;
        if (epoch > published.epoch()) {
            // It knows more than a coordinator whose log was lost: nothing may be freed before it is led back.
            publish(published.withEpoch(epoch + 1));
        }
    }

    private void onMove(final Command.Move move) {
        final String refusal = refusal(move);
        if (!refusal.isEmpty()) {
            events.add(new Event.Rejected(refusal));
            return;
        }
        try {
            start(published, move.target(), false);
            for (int host = 0; host < hosts.length; host++) {
                hosts[host].drained(move.drained().contains(host));
            }
        } catch (final ConfigurationException e) {
            events.add(new Event.Rejected(e.getMessage()));
        }
    }

    private String refusal(final Command.Move move) {
        final Placement target = move.target();
        if (!isIdle()) {
            return "Replicas are being moved already; wait until that is over, or cancel it.";
        }
        if (target.layers() != published.layers() || target.experts() != published.experts()
            || target.hosts() != published.hosts()) {
            return "The placement is of " + target.layers() + " layers, " + target.experts() + " experts and "
                + target.hosts() + " hosts, the deployment of " + published.layers() + ", " + published.experts()
                + " and " + published.hosts() + ".";
        }
        for (int host = 0; host < hosts.length; host++) {
            if (move.drained().contains(host) && !Members.replicas(target, host).isEmpty()) {
                return "The placement puts replicas on host " + host + ", which is drained; give it others, or return "
                    + "it to service first.";
            }
            final BitSet more = Members.replicas(target, host);
            more.andNot(Members.replicas(published, host));
            if (!more.isEmpty() && !hosts[host].isSeen()) {
                return "The placement puts replicas on host " + host + ", which is not there; start it first.";
            }
        }
        return "";
    }

    private void start(final Placement original, final Placement target, final boolean undoing) {
        final List<HostCapacity> memory = new ArrayList<>();
        for (int host = 0; host < hosts.length; host++) {
            final int room = hosts[host].room() - rescue.of(host).cardinality();
            memory.add(HostCapacity.of(Math.max(room, Members.replicas(published, host).cardinality())));
        }
        final MovePlan plan = MovePlan.between(published, target, memory);
        if (plan.isEmpty()) {
            events.add(new Event.MoveFinished(published.epoch()));
        } else {
            change = new Change(original, target, plan, undoing, nowNs);
            events.add(new Event.MoveStarted(plan.loads(), plan.drops(), undoing));
        }
    }

    private void onCancel() {
        if (change == null && resumed == null) {
            events.add(new Event.Rejected("No replicas are being moved."));
        } else if (change == null) {
            resumed = null;
            events.add(new Event.MoveRolledBack("It was cancelled."));
        } else {
            rollBack("It was cancelled.");
        }
    }

    private void advance() {
        rescue();
        resume();
        boolean more = change != null;
        while (more) {
            final Change.Stage stage = change.stage();
            final Change before = change;
            switch (stage) {
                case LOADING -> load();
                case TAKING -> take();
                case FREEING -> free();
                default -> throw new AssertionError();
            }
            more = change != null && (change != before || change.stage() != stage);
        }
        for (int host = 0; host < hosts.length; host++) {
            if (hosts[host].isSeen()) {
                orderLoads(host);
                orderFrees(host);
            }
        }
    }

    /** An expert that no host serves any more is loaded by another, and placed there once it is. */
    private void rescue() {
        final List<Step> chosen = rescue.choose(published,
            change == null ? new int[hosts.length] : change.planned(hosts.length));
        chosen.forEach(step -> events.add(new Event.LastResort(step)));
        final List<Step> done = rescue.takeDone(published);
        if (!done.isEmpty()) {
            publish(MovePlan.after(published, new MovePlan.Phase(done, List.of()), published.epoch() + 1,
                hosts.length));
        }
        changed |= rescue.takeChanged();
    }

    /** A target from before a restart is moved to when all hosts that it needs are back. */
    private void resume() {
        if (resumed == null) {
            return;
        }
        for (int host = 0; host < hosts.length; host++) {
            if (!hosts[host].isSeen() && !Members.replicas(resumed, host).isEmpty()) {
                if (nowNs - resumedNs >= limits.loadTimeoutNs()) {
                    resumed = null;
                    events.add(new Event.MoveRolledBack("Host " + host + " has not come back since the restart."));
                }
                return;
            }
        }
        final Placement target = resumed;
        resumed = null;
        try {
            start(published, target, false);
        } catch (final ConfigurationException e) {
            events.add(new Event.MoveRolledBack(e.getMessage()));
        }
    }

    private void load() {
        boolean all = true;
        for (final Step step : change.phase().loads()) {
            final HostView host = hosts[step.host()];
            final Long orderedNs = host.loading().get(index(step));
            if (!host.isSeen()) {
                rollBack("Host " + step.host() + " is gone while it loads " + step + ".");
                return;
            }
            if (orderedNs != null && host.failed().getOrDefault(index(step), Long.MIN_VALUE) > orderedNs) {
                rollBack("Host " + step.host() + " cannot load " + step + ": " + host.failure());
                return;
            }
            if (orderedNs != null && nowNs - orderedNs >= limits.loadTimeoutNs()) {
                rollBack("Host " + step.host() + " has not loaded " + step + " in time.");
                return;
            }
            all &= host.serves(index(step));
        }
        if (!all && nowNs - change.sinceNs() >= limits.loadTimeoutNs() * Math.max(1, change.phase().loads().size())) {
            rollBack("Hosts make no room for the replicas of phase " + change.index() + ".");
        } else if (all) {
            publishPhase();
        }
    }

    private void publishPhase() {
        final Placement before = published;
        final Placement next = MovePlan.after(published, remaining(change.phase()), published.epoch() + 1,
            hosts.length);
        final String lost = lost(before, next);
        if (!lost.isEmpty()) {
            rollBack(lost);
            return;
        }
        publish(next);
        change.onPublished(before, nowNs);
    }

    /** What of a phase the placement does not have already: an expert may have been rescued meanwhile. */
    private MovePlan.Phase remaining(final MovePlan.Phase phase) {
        return new MovePlan.Phase(
            phase.loads().stream().filter(step -> !isPlaced(step)).toList(),
            phase.drops().stream().filter(this::isPlaced).toList());
    }

    private boolean isPlaced(final Step step) {
        return published.holds(step.host(), step.layer(), step.expert());
    }

    /** An expert that would be out of reach although it is not now, in a sentence; empty if there is none. */
    private String lost(final Placement before, final Placement next) {
        for (int expert = 0; expert < before.layers() * before.experts(); expert++) {
            if (isServed(before, expert) && !isServed(next, expert)) {
                return "No host that is there would hold layer " + expert / before.experts() + " expert "
                    + expert % before.experts() + ".";
            }
        }
        return "";
    }

    /** Whether a host that is there, and that a placement puts an expert on, takes rows for it. */
    boolean isServed(final Placement placement, final int expert) {
        return members.isServed(placement, expert);
    }

    private void publish(final Placement next) {
        published = next;
        members.onPublished(next);
        events.add(new Event.Published(next));
    }

    private void take() {
        if (isTaken()) {
            change.onTaken(nowNs);
            changed = true;
        } else if (nowNs - change.sinceNs() >= limits.takeTimeoutNs()) {
            rollBack("A decoder has not taken epoch " + published.epoch() + " in time.");
        }
    }

    /** Whether no decoder may ask for what only earlier epochs name; while none is heard of, one may. */
    private boolean isTaken() {
        return !decoders.isEmpty() && decoders.values().stream().allMatch(epoch -> epoch >= published.epoch());
    }

    private void free() {
        final boolean done = change.phase().drops().stream().noneMatch(step -> hosts[step.host()].has(index(step)));
        // A host that does not free in time has no memory for the next phase and says so then.
        if (done || nowNs - change.sinceNs() >= limits.loadTimeoutNs()) {
            changed = true;
            if (!change.nextPhase(nowNs)) {
                final boolean undone = change.isUndoing();
                change = null;
                if (!undone) {
                    events.add(new Event.MoveFinished(published.epoch()));
                }
            }
        }
    }

    private void rollBack(final String reason) {
        final Change failed = change;
        change = null;
        events.add(new Event.MoveRolledBack(failed.isUndoing() ? reason + " Replicas stay as they are." : reason));
        hosts().forEach(host -> host.loading().clear());
        if (failed.stage() == Change.Stage.TAKING && lost(published, failed.beforePhase()).isEmpty()) {
            publish(failed.beforePhase().withEpoch(published.epoch() + 1));
        }
        if (!failed.isUndoing() && !published.hasReplicasOf(failed.original())) {
            try {
                start(failed.original(), failed.original(), true);
            } catch (final ConfigurationException e) {
                events.add(new Event.MoveRolledBack(e.getMessage() + " Replicas stay as they are."));
            }
        }
    }

    private List<HostView> hosts() {
        return Arrays.asList(hosts);
    }

    private void orderLoads(final int number) {
        final HostView host = hosts[number];
        final boolean repaired = host.loading().entrySet().removeIf(order ->
            nowNs - order.getValue() >= limits.loadTimeoutNs());
        changed |= repaired;
        final BitSet wanted = wanted(number);
        for (int expert = wanted.nextSetBit(0); expert >= 0 && host.hasRoom(limits.loadsPerHost());
            expert = wanted.nextSetBit(expert + 1)) {
            final Long failedNs = host.failed().get(expert);
            final boolean retried = failedNs == null || isOfPhase(number, expert)
                || nowNs - failedNs >= limits.loadTimeoutNs();
            if (!host.has(expert) && !host.loading().containsKey(expert) && retried) {
                host.loading().put(expert, nowNs);
                events.add(new Event.LoadOrdered(step(expert, number)));
            }
        }
    }

    private void orderFrees(final int number) {
        final HostView host = hosts[number];
        final BitSet surplus = (BitSet)host.held().clone();
        surplus.andNot(wanted(number));
        surplus.andNot(host.freeing());
        if (surplus.isEmpty() || !isTaken()) {
            return;
        }
        for (int expert = surplus.nextSetBit(0); expert >= 0; expert = surplus.nextSetBit(expert + 1)) {
            host.freeing().set(expert);
            events.add(new Event.FreeOrdered(step(expert, number)));
        }
    }

    /** What a host shall hold now. */
    private BitSet wanted(final int host) {
        final BitSet wanted = Members.replicas(published, host);
        wanted.or(rescue.of(host));
        if (change != null && change.stage() == Change.Stage.LOADING) {
            change.phase().loads().stream().filter(step -> step.host() == host)
                .forEach(step -> wanted.set(index(step)));
        }
        return wanted;
    }

    private boolean isOfPhase(final int host, final int expert) {
        return change != null && change.stage() == Change.Stage.LOADING
            && change.phase().loads().contains(step(expert, host));
    }

    private int index(final Step step) {
        return step.layer() * published.experts() + step.expert();
    }

    private Step step(final int expert, final int host) {
        return new Step(expert / published.experts(), expert % published.experts(), host);
    }

    /** All there is. */
    @Override
    public String toString() {
        return rescue + "\npublished " + published + " " + (published == null ? 0 : published.hashCode())
            + "\nchange " + change + "\nresumed " + resumed + "\ndecoders " + decoders + "\nhosts "
            + Arrays.toString(hosts);
    }
}
