package dev.convoke.server;

import java.util.List;

/**
 * Whether requests can be answered now.
 *
 * @param status  the verdict
 * @param reasons one sentence each; empty when all is well
 */
public record Health(Status status, List<String> reasons) {
    /** What a load balancer wants to know. */
    public enum Status {
        /** Everything is there. */
        READY,
        /** Requests are answered, but something is missing. */
        DEGRADED,
        /** Requests are refused. */
        NOT_READY
    }

    /** All is well. */
    public static Health ready() {
        return new Health(Status.READY, List.of());
    }

    /** Requests are answered; what is missing is said, one sentence each. */
    public static Health serving(final List<String> missing) {
        return missing.isEmpty() ? ready() : new Health(Status.DEGRADED, missing);
    }

    /** Requests are refused for these reasons. */
    public static Health notReady(final String... reasons) {
        return new Health(Status.NOT_READY, List.of(reasons));
    }

    /** Whether requests are answered. */
    public boolean isServing() {
        return status != Status.NOT_READY;
    }
}
