package dev.convoke.server.coordinator;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the coordinator knows of a host and has ordered there. Part of the state. */
final class HostView {
    private Member member;
    private boolean seen;
    private boolean drained;
    private long incarnation;
    private int room;
    private String failure = "";
    private final BitSet held = new BitSet();
    private final BitSet leaving = new BitSet();
    /** What it could not load, with the time at which that was first heard. */
    private final Map<Integer, Long> failed = new TreeMap<>();
    /** What was ordered and is not there yet, with the time of the order. */
    private final Map<Integer, Long> loading = new TreeMap<>();
    /** What was ordered to go and is still there; it does not count as held, since it may be gone already. */
    private final BitSet freeing = new BitSet();

    /** Who has the number, or null. */
    Member member() {
        return member;
    }

    /** Takes over what is known of whoever has the number; returns whether that is news. */
    boolean member(final Member its) {
        final boolean changed = its == null ? member != null : !its.equals(member);
        member = its;
        return changed;
    }

    boolean isSeen() {
        return seen;
    }

    boolean isDrained() {
        return drained;
    }

    void drained(final boolean shallHoldNothing) {
        drained = shallHoldNothing;
    }

    /** Of the process that reported last. */
    long incarnation() {
        return incarnation;
    }

    int room() {
        return room;
    }

    String failure() {
        return failure;
    }

    /** Whether it takes rows for an expert and will go on to. */
    boolean serves(final int expert) {
        return seen && held.get(expert) && !freeing.get(expert);
    }

    /** Whether an expert takes memory, whether or not rows are taken for it. */
    boolean has(final int expert) {
        return held.get(expert) || leaving.get(expert);
    }

    /** What it takes rows for. */
    BitSet held() {
        return held;
    }

    Map<Integer, Long> failed() {
        return failed;
    }

    Map<Integer, Long> loading() {
        return loading;
    }

    BitSet freeing() {
        return freeing;
    }

    /** Whether it may be ordered to load one more. */
    boolean hasRoom(final int mostLoads) {
        return loading.size() < mostLoads && held.cardinality() + leaving.cardinality() + loading.size() < room;
    }

    /** Takes over a report; returns whether it says something new. */
    boolean report(final Command.HostReported report, final long nowNs) {
        final String before = toString();
        if (incarnation != report.incarnation()) {
            loading.clear();
            failed.clear();
        }
        seen = true;
        incarnation = report.incarnation();
        room = report.room();
        failure = report.failure();
        set(held, report.held());
        set(leaving, report.leaving());
        failed.keySet().retainAll(report.failed());
        report.failed().forEach(expert -> failed.putIfAbsent(expert, nowNs));
        loading.keySet().removeIf(held::get);
        freeing.and(held);
        return !before.equals(toString());
    }

    private static void set(final BitSet bits, final List<Integer> numbers) {
        bits.clear();
        numbers.forEach(bits::set);
    }

    /** Nothing is known of it any more, but that it may come back. */
    void lose() {
        seen = false;
        held.clear();
        leaving.clear();
        failed.clear();
        loading.clear();
        freeing.clear();
    }

    /** All there is. */
    @Override
    public String toString() {
        return member + " " + (seen ? "seen " : "lost ") + Long.toHexString(incarnation)
            + (drained ? ", drained" : "") + ", room " + room + ", held " + held + ", leaving " + leaving + ", failed "
            + failed + " " + failure + ", loading " + loading + ", freeing " + freeing;
    }
}
