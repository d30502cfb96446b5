package dev.convoke.bench.exchange.raw;

import dev.convoke.bench.exchange.Wire;
import dev.convoke.transport.AeronContext;
import dev.convoke.transport.AeronSettings;
import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;

/** Plain Aeron channels with the terms and datagrams of the product's, through the product's media drivers. */
final class Channels {
    private static final int PING_STREAM = 3001;
    private static final int PONG_STREAM = 3002;

    private final Wire wire;
    private final AeronContext settings = new AeronContext();

    Channels(final Wire wire) {
        this.wire = wire;
        wire.aeron().forEach((name, value) -> AeronSettings.set(settings, name, value));
    }

    /** A client with a thread of its own for housekeeping, as Aeron has it by default. */
    Aeron connect(final int end) {
        return Aeron.connect(new Aeron.Context().aeronDirectoryName(wire.directories().get(end)));
    }

    ExclusivePublication pingPublication(final Aeron aeron, final int host) {
        return aeron.addExclusivePublication(publication(host, 0), PING_STREAM + stream(host));
    }

    Subscription pingSubscription(final Aeron aeron, final int host) {
        return aeron.addSubscription(subscription(host, 0), PING_STREAM + stream(host));
    }

    ExclusivePublication pongPublication(final Aeron aeron, final int host) {
        return aeron.addExclusivePublication(publication(host, 1), PONG_STREAM + stream(host));
    }

    Subscription pongSubscription(final Aeron aeron, final int host) {
        return aeron.addSubscription(subscription(host, 1), PONG_STREAM + stream(host));
    }

    private int stream(final int host) {
        return isUdp() ? 0 : Integer.parseInt(wire.plainAddresses().get(host));
    }

    private String subscription(final int host, final int leg) {
        if (!isUdp()) {
            return "aeron:ipc";
        }
        final String address = wire.plainAddresses().get(host);
        final int colon = address.lastIndexOf(':');
        return "aeron:udp?endpoint=" + address.substring(0, colon + 1)
            + (Integer.parseInt(address.substring(colon + 1)) + leg);
    }

    private String publication(final int host, final int leg) {
        final String channel = subscription(host, leg);
        final int mtuBytes = settings.mtuBytes() == 0 ? AeronContext.LOOPBACK_MTU_BYTES : settings.mtuBytes();
        return channel + (isUdp() ? "|" : "?") + "term-length=" + settings.termBytes() + "|mtu=" + mtuBytes;
    }

    private boolean isUdp() {
        return wire.exchange().equals(Wire.AERON_UDP);
    }
}
