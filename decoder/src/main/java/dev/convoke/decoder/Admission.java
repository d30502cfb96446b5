package dev.convoke.decoder;

/** The decoder's answer to a submitted request. Only {@link #ACCEPTED} lets its stream ever end. */
public enum Admission {
    /** It waits or runs; its stream will end. */
    ACCEPTED,
    /** As many requests wait as may; try again later. */
    QUEUE_FULL,
    /** Prompt and tokens asked for do not fit the longest sequence or the key-value cache; ask for less. */
    TOO_LONG,
    /** The prompt or the sampling parameters name a token that the model's vocabulary lacks. */
    UNKNOWN_TOKEN,
    /** The decoder takes no requests now: {@link Decoder#notReadyReason()} says why. */
    NOT_READY
}
