package dev.convoke.transport.faults;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;

/** What was done to the frames of one port. */
final class FaultCounters {
    final Counter lost;
    final Counter duplicated;
    final Counter corrupted;
    final Counter truncated;
    final Counter delayed;
    final Counter refused;

    FaultCounters(final Counters counters, final int port) {
        final String prefix = "faults_port_" + port + "_";
        lost = counters.register(prefix + "lost", "Frames made to vanish.");
        duplicated = counters.register(prefix + "duplicated", "Frames passed twice.");
        corrupted = counters.register(prefix + "corrupted", "Frames with a changed byte.");
        truncated = counters.register(prefix + "truncated", "Frames cut short.");
        delayed = counters.register(prefix + "delayed", "Frames held back.");
        refused = counters.register(prefix + "refused", "Offers refused as back-pressured.");
    }
}
