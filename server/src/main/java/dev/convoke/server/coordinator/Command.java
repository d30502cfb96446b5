package dev.convoke.server.coordinator;

import dev.convoke.loadbalance.Placement;
import java.util.List;
import java.util.Map;

/** What happens to the coordinator; everything it knows came in one of these. Immutable. */
sealed interface Command {
    /**
     * The state begins here, at first or after a restart: nobody has been heard of yet.
     *
     * @param placement in force
     * @param target    that was being moved to, or null
     * @param drained   hosts that shall hold nothing
     * @param members   by number
     */
    record Begin(Placement placement, Placement target, List<Integer> drained, Map<Integer, Member> members)
        implements Command {
        /** Copies; a log may be of a time when members were not in it. */
        public Begin {
            drained = List.copyOf(drained);
            members = members == null ? Map.of() : Map.copyOf(members);
        }
    }

    /**
     * A process says that it is the host at an address; a host that is new gets a number.
     *
     * @param speed work per time, in whatever unit all hosts use; 0 if it does not know
     */
    record HostRegistered(String address, double speed) implements Command {
    }

    /** A host says that it will go; it may still be needed. */
    record HostLeaving(int host) implements Command {
    }

    /** A host that nothing is placed on has gone for good: its number is free for another. */
    record HostForgotten(int host) implements Command {
    }

    /**
     * A host said how it is.
     *
     * @param incarnation differs for another process at the same address
     * @param room        replicas that fit into its memory, those it holds included
     * @param held        what it takes rows for, ascending; an expert is {@code layer x experts + index}
     * @param leaving     what it takes no rows for any more but has not freed yet, ascending
     * @param failed      what it could not load, ascending
     * @param failure     why, in one sentence; may be empty
     */
    record HostReported(int host, long incarnation, int room, List<Integer> held, List<Integer> leaving,
        List<Integer> failed, String failure) implements Command {
        /** Copies. */
        public HostReported {
            held = List.copyOf(held);
            leaving = List.copyOf(leaving);
            failed = List.copyOf(failed);
        }
    }

    /** A host has not been heard of for too long. */
    record HostLost(int host) implements Command {
    }

    /** No step of a decoder is under an earlier epoch any more. */
    record DecoderReported(long decoder, long epoch) implements Command {
    }

    /** A decoder has stopped, or has not been heard of for too long. */
    record DecoderLost(long decoder) implements Command {
    }

    /**
     * Replicas shall lie as in this placement, whatever its epoch.
     *
     * @param drained hosts that shall hold nothing from now on; the placement puts nothing on them
     */
    record Move(Placement target, List<Integer> drained) implements Command {
        /** Copies. */
        public Move {
            drained = List.copyOf(drained);
        }
    }

    /** What is under way shall be undone. */
    record Cancel() implements Command {
    }

    /** Time has passed. */
    record Tick() implements Command {
    }
}
