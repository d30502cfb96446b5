package dev.convoke.transport.inprocess;

/** A decoder port and a host port that know each other: a ring each way. Either side ends it by closing its flag. */
final class Link {
    final FrameRing toHost;
    final FrameRing toDecoder;
    final HostPort host;
    private volatile boolean decoderGone;

    Link(final HostPort host, final int maxFrameBytes) {
        this.host = host;
        this.toHost = new FrameRing(maxFrameBytes);
        this.toDecoder = new FrameRing(maxFrameBytes);
    }

    /** By the decoder's thread; the host sees what was written before. */
    void leave() {
        decoderGone = true;
    }

    boolean isDecoderGone() {
        return decoderGone;
    }

    boolean isHostGone() {
        return host.isClosed();
    }
}
