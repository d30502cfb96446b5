package dev.convoke.transport.faults;

/** What goes wrong where. Asked for every frame on the port's thread, so it must neither allocate nor block. */
@FunctionalInterface
public interface FaultPlan {
    /** The same faults everywhere. */
    static FaultPlan always(final Faults faults) {
        return (direction, peer) -> faults;
    }

    /** The faults in force now for frames to or from that peer; the answer may change from call to call. */
    Faults faults(Direction direction, int peer);
}
