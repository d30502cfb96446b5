package dev.convoke.routing;

/** How an exchange ended. */
public enum ExchangeOutcome {
    /** Every entry's row is in the handle. */
    COMPLETE,
    /** Some host did not answer all it was asked within the exchange's deadline. */
    TIMED_OUT,
    /** Some host said that it will not do what was asked. */
    REFUSED
}
