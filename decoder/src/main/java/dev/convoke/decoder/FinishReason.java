package dev.convoke.decoder;

/** Why a token stream ended. */
public enum FinishReason {
    /** An end token was sampled; it is the last token of the stream. */
    STOP,
    /** As many tokens were sampled as were asked for. */
    LENGTH,
    /** The request was cancelled. */
    CANCELLED,
    /** The request could not be continued; the stream says why. */
    ERROR,
    /** Its experts were out of reach for too long; the stream says why. The same request may succeed later. */
    UNAVAILABLE,
    /** The request's own parameters left no token to choose from; the stream says so. */
    REFUSED
}
