package dev.convoke.loadbalance.balanced;

import dev.convoke.loadbalance.HostCapacity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which hosts fail together. */
final class FailureDomains {
    private final int[] domainOfHost;
    /** Those of hosts that can hold something. */
    private final int usable;
    private final boolean trivial;

    FailureDomains(final List<HostCapacity> hosts) {
        final Map<String, Integer> numbers = new HashMap<>();
        domainOfHost = new int[hosts.size()];
        int used = 0;
        int usableHosts = 0;
        for (int host = 0; host < domainOfHost.length; host++) {
            final String name = hosts.get(host).failureDomain();
            final Integer known = name.isEmpty() || hosts.get(host).replicas() == 0 ? null : numbers.get(name);
            domainOfHost[host] = known == null ? used : known;
            if (known == null && hosts.get(host).replicas() > 0) {
                numbers.put(name, used++);
            }
            usableHosts += hosts.get(host).replicas() > 0 ? 1 : 0;
        }
        usable = used;
        trivial = used == usableHosts;
    }

    /** Whether any two hosts share one; only then can replicas be crowded. */
    boolean matter() {
        return !trivial;
    }

    int of(final int host) {
        return domainOfHost[host];
    }

    /** How many of the first replicas lie in a failure domain of another although there are enough to lie apart. */
    int crowded(final int[] hosts, final int replicas) {
        if (trivial || replicas < 2) {
            return 0;
        }
        int distinct = 0;
        for (int i = 0; i < replicas; i++) {
            boolean first = true;
            for (int j = 0; j < i && first; j++) {
                first = domainOfHost[hosts[j]] != domainOfHost[hosts[i]];
            }
            distinct += first ? 1 : 0;
        }
        return Math.min(replicas, usable) - distinct;
    }
}
