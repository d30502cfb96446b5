package dev.convoke.loadbalance;

import dev.convoke.core.ConfigurationException;
import java.util.Collections;
import java.util.List;

/**
 * What one expert host can carry.
 *
 * @param replicas      the most replicas, of all layers together, that fit into its memory; 0 for a host that shall
 *                      hold none, because it is drained or gone
 * @param speed         work per time relative to the other hosts; more than 0
 * @param failureDomain the rack or zone whose failure takes it along; hosts with an empty one are each alone
 */
public record HostCapacity(int replicas, double speed, String failureDomain) {
    /** No limit, average speed, alone in its failure domain. */
    public static final HostCapacity UNLIMITED = new HostCapacity(Integer.MAX_VALUE, 1, "");

    /** Checks. */
    public HostCapacity {
        if (replicas < 0) {
            throw new ConfigurationException("A host cannot hold " + replicas + " replicas; give 0 or more.");
        }
        if (!(speed > 0) || speed == Double.POSITIVE_INFINITY) {
            throw new ConfigurationException("The speed of a host is " + speed + "; give a number above 0, 1 for an "
                + "average host.");
        }
        failureDomain = failureDomain == null ? "" : failureDomain;
    }

    /** A host of average speed, alone in its failure domain, that holds so many replicas. */
    public static HostCapacity of(final int replicas) {
        return new HostCapacity(replicas, 1, "");
    }

    /** As many replicas as whole experts fit into the memory. */
    public static HostCapacity ofBytes(final long memoryBytes, final long expertBytes) {
        if (memoryBytes < 0 || expertBytes < 1) {
            throw new ConfigurationException("Experts of " + expertBytes + " bytes cannot be counted into "
                + memoryBytes + " bytes of memory.");
        }
        return of((int)Math.min(Integer.MAX_VALUE, memoryBytes / expertBytes));
    }

    /** So many hosts alike. */
    public static List<HostCapacity> alike(final int hosts, final HostCapacity capacity) {
        return Collections.nCopies(hosts, capacity);
    }

    /** The same host with another speed. */
    public HostCapacity withSpeed(final double newSpeed) {
        return new HostCapacity(replicas, newSpeed, failureDomain);
    }

    /** The same host in a failure domain. */
    public HostCapacity in(final String domain) {
        return new HostCapacity(replicas, speed, domain);
    }
}
