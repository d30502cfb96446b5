package dev.convoke.server.coordinator;

/**
 * Which process registered as the host of a number, and when it was last heard to say so: what answers at its address
 * has to be that process. Not part of the state: processes register again and again. Owned by the agent's thread.
 */
final class Registrations {
    private final Registration[] registrations;
    private final long startNs;

    private static final class Registration {
        private final long hostId;
        private final boolean weights;
        private long heardNs;
        private String trouble = "";

        Registration(final long hostId, final boolean weights) {
            this.hostId = hostId;
            this.weights = weights;
        }
    }

    /** Nobody has registered; those who did with a coordinator before have yet to be heard again. */
    Registrations(final int hosts, final long nowNs) {
        startNs = nowNs;
        registrations = new Registration[hosts];
    }

    /** Whether it is this process that registered last. */
    boolean isKnown(final int host, final long hostId) {
        return registrations[host] != null && registrations[host].hostId == hostId;
    }

    void onRegistered(final int host, final long hostId, final boolean weights, final long nowNs) {
        if (!isKnown(host, hostId)) {
            registrations[host] = new Registration(hostId, weights);
        }
        registrations[host].heardNs = nowNs;
    }

    /** Somebody answers at the host's address; returns whether it is who registered, if anybody did. */
    boolean accept(final int host, final long hostId, final String address) {
        final boolean accepted = registrations[host] == null || registrations[host].hostId == hostId;
        if (registrations[host] != null) {
            registrations[host].trouble = accepted ? "" : "At " + address + " answers another expert host than this "
                + "one; give each an address of its own, one that the coordinator and the decoders reach it at.";
        }
        return accepted;
    }

    /** Whoever answers at the host's address refuses. */
    void onRefused(final int host, final String sentence) {
        if (registrations[host] != null) {
            registrations[host].trouble = sentence;
        }
    }

    /** Whether a host has the checkpoint; one that did not register was started with it. */
    boolean hasWeights(final int host) {
        return registrations[host] == null || registrations[host].weights;
    }

    /** What is in the way of whoever registered. */
    String trouble(final int host) {
        return registrations[host] == null ? "" : registrations[host].trouble;
    }

    /** Whether nobody has said for so long that it is the host. */
    boolean isSilent(final int host, final long nowNs, final long limitNs) {
        return nowNs - (registrations[host] == null ? startNs : registrations[host].heardNs) >= limitNs;
    }

    void forget(final int host) {
        registrations[host] = null;
    }
}
