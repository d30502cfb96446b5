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

    /** That of one host, which is logged if it is not its own. */
    static Pace of(final ExpertSettings experts, final int host) {
        final Pace pace = Pace.of(experts.pace(), host, experts.addresses().size());
        if (!pace.isReal()) {
            LOG.warn("Expert host {} is paced: its answers come when a device would have them that takes {}.",
                experts.addresses().get(host), pace);
        }
        return pace;
    }
}
