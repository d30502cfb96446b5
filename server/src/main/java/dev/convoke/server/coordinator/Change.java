package dev.convoke.server.coordinator;

import dev.convoke.loadbalance.MovePlan;
import dev.convoke.loadbalance.MovePlan.Phase;
import dev.convoke.loadbalance.Placement;
import java.util.List;

/** Moves from one placement to another that are under way, phase by phase. Part of the state. */
final class Change {
    /** What a phase waits for. */
    enum Stage {
        /** Hosts, to load and check the phase's replicas. */
        LOADING,
        /** Decoders, to take the placement with them. */
        TAKING,
        /** Hosts, to free what decoders no longer ask for. */
        FREEING
    }

    private final Placement original;
    private final Placement target;
    private final List<Phase> phases;
    private final boolean undoing;
    private int index;
    private Stage stage = Stage.LOADING;
    private long sinceNs;
    private Placement beforePhase;

    /**
     * Begins with the first phase.
     *
     * @param original to go back to if it does not succeed
     * @param undoing  whether this is the way back
     */
    Change(final Placement original, final Placement target, final MovePlan plan, final boolean undoing,
        final long nowNs) {
        this.original = original;
        this.target = target;
        this.phases = plan.phases();
        this.undoing = undoing;
        this.sinceNs = nowNs;
    }

    Placement original() {
        return original;
    }

    Placement target() {
        return target;
    }

    boolean isUndoing() {
        return undoing;
    }

    Phase phase() {
        return phases.get(index);
    }

    /** Replicas to load from this phase on, by host. */
    int[] planned(final int hosts) {
        final int[] planned = new int[hosts];
        for (final Phase phase : phases.subList(index, phases.size())) {
            phase.loads().forEach(load -> planned[load.host()]++);
        }
        return planned;
    }

    /** Phases done. */
    int index() {
        return index;
    }

    int phases() {
        return phases.size();
    }

    Stage stage() {
        return stage;
    }

    /** When the stage began. */
    long sinceNs() {
        return sinceNs;
    }

    /** In force before the phase's placement was published; for {@link Stage#TAKING} and later. */
    Placement beforePhase() {
        return beforePhase;
    }

    void onPublished(final Placement before, final long nowNs) {
        beforePhase = before;
        enter(Stage.TAKING, nowNs);
    }

    void onTaken(final long nowNs) {
        enter(Stage.FREEING, nowNs);
    }

    /** Returns whether there is another phase. */
    boolean nextPhase(final long nowNs) {
        index++;
        enter(Stage.LOADING, nowNs);
        return index < phases.size();
    }

    private void enter(final Stage next, final long nowNs) {
        stage = next;
        sinceNs = nowNs;
    }

    @Override
    public String toString() {
        return (undoing ? "undoing to " : "to ") + target + " " + target.hashCode() + " from " + original + " "
            + original.hashCode() + " phase " + index + " of " + phases + " " + stage + " since " + sinceNs;
    }
}
