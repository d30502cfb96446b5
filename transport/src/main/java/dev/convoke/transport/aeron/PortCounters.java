package dev.convoke.transport.aeron;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;

/** What a port counts beyond frames; written by the port's thread. */
final class PortCounters {
    final Counter clientRebuilds;
    final Counter peersConnected;
    final Counter peersLost;
    final Counter errors;
    final Counter framesDropped;

    PortCounters(final Counters registry, final int port) {
        final Counters counters = registry.labelled("port", String.valueOf(port));
        clientRebuilds = counters.register(
            "aeron_port_client_rebuilds", "Times the port lost its media driver or was forgotten by it.");
        peersConnected = counters.register("aeron_port_peers_connected", "Times a peer became connected.");
        peersLost = counters.register("aeron_port_peers_lost", "Times a connected peer went away.");
        errors = counters.register("aeron_port_errors", "Commands the media driver refused and errors of the client.");
        framesDropped = counters.register(
            "aeron_port_frames_dropped", "Frames that arrived longer than allowed or without their beginning.");
    }
}
