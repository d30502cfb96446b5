package dev.convoke.server.coordinator;

import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;

/** What the coordinator decides; whoever carries it out reports back by commands. Immutable. */
sealed interface Event {
    /** A host shall load a replica and check it. */
    record LoadOrdered(Step step) implements Event {
    }

    /** A host shall free a replica that no decoder asks for any more. */
    record FreeOrdered(Step step) implements Event {
    }

    /** Decoders shall take this placement at their next step. */
    record Published(Placement placement) implements Event {
    }

    /** A command cannot be followed; nothing has changed. */
    record Rejected(String reason) implements Event {
    }

    /**
     * Moves to another placement have begun.
     *
     * @param undoing whether they are the way back from others
     */
    record MoveStarted(int loads, int drops, boolean undoing) implements Event {
    }

    /** Replicas lie as was asked for. */
    record MoveFinished(long epoch) implements Event {
    }

    /** A move did not succeed: what it had changed is being undone. */
    record MoveRolledBack(String reason) implements Event {
    }

    /** No host serves an expert any more: one that had nothing to do with it loads it. */
    record LastResort(Step step) implements Event {
    }

    /** A host that was not known has a number. */
    record HostAdded(int host, String address) implements Event {
    }

    /** A number is no host's any more. */
    record HostForgotten(int host, String address) implements Event {
    }

    /** A host is heard of, for the first time or again. */
    record HostJoined(int host) implements Event {
    }

    /** A host is no longer heard of; decoders do without it as long as others hold its experts. */
    record HostGone(int host) implements Event {
    }
}
