package dev.convoke.transport.faults;

/** Which way a frame goes, seen from the port that misbehaves. */
public enum Direction {
    /** Offered to the port. */
    OUT,
    /** Handed over by the port. */
    IN
}
