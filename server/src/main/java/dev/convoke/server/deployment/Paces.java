package dev.convoke.server.deployment;

import dev.convoke.experthost.Pace;
import dev.convoke.server.ExpertSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The paces of expert hosts. */
final class Paces {
    private static final Logger LOG = LoggerFactory.getLogger(Paces.class);

    private Paces() {
    }

    /** That of one host at an address, which is logged if it is not its own. */
    static Pace of(final ExpertSettings experts, final int host, final String address) {
        final Pace pace = Pace.of(experts.pace(), host, Math.max(1, experts.addresses().size()));
        if (!pace.isReal()) {
            LOG.warn("Expert host {} is paced: its answers come when a device would have them that takes {}.",
                address, pace);
        }
        return pace;
    }
}
