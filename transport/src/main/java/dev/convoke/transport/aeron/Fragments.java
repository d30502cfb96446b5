package dev.convoke.transport.aeron;

import java.util.List;

/** How long frames had best be, given how much travels in one piece. */
final class Fragments {
    /** Where less than this fits into a datagram, frames of whole rows have to be put together anyway. */
    private static final int LEAST_BYTES = 32 * 1024;

    private Fragments() {
    }

    /** For peers that may lie on different networks. */
    static int preferredBytes(final List<HostChannels> peers, final int maxFrameBytes) {
        final int fragmentBytes =
            peers.stream().mapToInt(HostChannels::fragmentBytes).min().orElse(maxFrameBytes);
        return fragmentBytes < LEAST_BYTES ? maxFrameBytes : Math.min(fragmentBytes, maxFrameBytes);
    }
}
