package dev.convoke.server;

import dev.convoke.loadbalance.Placement;
import java.util.List;

/**
 * What decoders need to know of expert hosts. Immutable.
 *
 * @param revision  another one whenever something changes; of no order
 * @param hosts     addresses by number; {@link dev.convoke.transport.ExpertExchange#NOBODY} for a number no host has
 * @param placement of as many hosts
 */
public record Deployment(String revision, List<String> hosts, Placement placement) {
    /** Copies. */
    public Deployment {
        hosts = List.copyOf(hosts);
    }
}
