package dev.convoke.server;

import java.util.List;

/**
 * Whether requests can be answered now.
 *
 * @param status  the verdict
 * @param reasons one sentence each; empty when all is well
 * @param notices what operators should know although nothing is missing, one sentence each
 */
public record Health(Status status, List<String> reasons, List<String> notices) {
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
        return new Health(Status.READY, List.of(), List.of());
    }

    /** Requests are answered; what is missing is said, and what is worth knowing, one sentence each. */
    public static Health serving(final List<String> missing, final List<String> notices) {
        return new Health(missing.isEmpty() ? Status.READY : Status.DEGRADED, missing, notices);
    }

    /** Requests are refused for these reasons. */
    public static Health notReady(final String... reasons) {
        return new Health(Status.NOT_READY, List.of(reasons), List.of());
    }

    /** Whether requests are answered. */
    public boolean isServing() {
        return status != Status.NOT_READY;
    }
}
