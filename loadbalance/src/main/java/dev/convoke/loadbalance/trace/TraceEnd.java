package dev.convoke.loadbalance.trace;

/**
 * What a routing trace ends with.
 *
 * @param steps        in the trace
 * @param rows         of those steps
 * @param droppedSteps that happened and are not in it, since they came faster than they could be written
 * @param reason       why it ends
 */
public record TraceEnd(long steps, long rows, long droppedSteps, Reason reason) {
    /** Why a recording ended; the order is the code in the format. */
    public enum Reason {
        /** All was recorded that was meant to be, or somebody asked for the end. */
        STOPPED,
        /** The time it was given is over. */
        TIME,
        /** As many bytes as it was given. */
        SIZE,
        /** The connection or the decoder was lost; what had come until then is there. */
        CUT_OFF,
        /** As many steps as it was given. */
        STEPS
    }
}
