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
    final Counter queueFull;

    FaultCounters(final Counters registry, final int port) {
        final Counters counters = registry.labelled("port", String.valueOf(port));
        lost = counters.register("faults_lost", "Frames made to vanish.");
        duplicated = counters.register("faults_duplicated", "Frames passed twice.");
        corrupted = counters.register("faults_corrupted", "Frames with a changed byte.");
        truncated = counters.register("faults_truncated", "Frames cut short.");
        delayed = counters.register("faults_delayed", "Frames held back.");
        refused = counters.register("faults_refused", "Offers refused as back-pressured.");
        queueFull = counters.register("faults_queue_full", "Offers refused because too much is under way.");
    }
}
