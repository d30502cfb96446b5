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

    PortCounters(final Counters counters, final int port) {
        final String prefix = "aeron_port_" + port + "_";
        clientRebuilds = counters.register(
            prefix + "client_rebuilds", "Times the port lost its media driver or was forgotten by it.");
        peersConnected = counters.register(prefix + "peers_connected", "Times a peer became connected.");
        peersLost = counters.register(prefix + "peers_lost", "Times a connected peer went away.");
        errors = counters.register(prefix + "errors", "Commands the media driver refused and errors of the client.");
        framesDropped = counters.register(
            prefix + "frames_dropped", "Frames that arrived longer than allowed or without their beginning.");
    }
}
