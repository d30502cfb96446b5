package dev.convoke.server.coordinator;

import dev.convoke.core.ConfigurationException;

/**
 * How moves are kept from disturbing.
 *
 * @param loadsPerHost  replicas that a host loads at the same time, at the most
 * @param loadTimeoutNs for one replica, from the order to the host's word that it is there
 * @param takeTimeoutNs for decoders to take a placement
 */
public record MoveLimits(int loadsPerHost, long loadTimeoutNs, long takeTimeoutNs) {
    /** Checks. */
    public MoveLimits {
        if (loadsPerHost < 1 || loadTimeoutNs < 1 || takeTimeoutNs < 1) {
            throw new ConfigurationException("moves of " + loadsPerHost + " replicas at a time with timeouts of "
                + loadTimeoutNs + " and " + takeTimeoutNs + " ns; all must be above 0.");
        }
    }
}
