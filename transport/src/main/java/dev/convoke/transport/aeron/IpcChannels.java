package dev.convoke.transport.aeron;

import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.protocol.DataHeaderFlyweight;

/** Shared memory: the address is a stream. Numbers stand for themselves, names for a hash. */
final class IpcChannels implements HostChannels {
    /** One datagram's worth, so that most frames are handed over where they lie, without being put together. */
    private static final int MTU_BYTES = 65504;
    private static final int ANSWER_BIT = 1 << 30;
    private static final int FNV_OFFSET = 0x811C9DC5;
    private static final int FNV_PRIME = 0x01000193;

    private final int stream;
    private final int termBytes;

    IpcChannels(final String address, final int termBytes) {
        this.stream = streamOf(address);
        this.termBytes = termBytes;
    }

    /** A number below 2^30 is taken as it is, anything else is hashed (FNV-1a) to one. */
    static int streamOf(final String address) {
        if (address.matches("[0-9]{1,10}") && Long.parseLong(address) < ANSWER_BIT) {
            return Integer.parseInt(address);
        }
        int hash = FNV_OFFSET;
        for (int i = 0; i < address.length(); i++) {
            hash = (hash ^ address.charAt(i)) * FNV_PRIME;
        }
        return hash & ANSWER_BIT - 1;
    }

    @Override
    public int fragmentBytes() {
        return MTU_BYTES - DataHeaderFlyweight.HEADER_LENGTH;
    }

    @Override
    public int requestStream() {
        return stream;
    }

    @Override
    public int answerStream() {
        return stream | ANSWER_BIT;
    }

    @Override
    public String hostSubscription() {
        return CommonContext.IPC_CHANNEL;
    }

    @Override
    public String hostPublication(final long imageCorrelationId) {
        return publication()
            .controlMode(CommonContext.CONTROL_MODE_RESPONSE)
            .responseCorrelationId(imageCorrelationId)
            .build();
    }

    @Override
    public String hostReservation() {
        return null;
    }

    @Override
    public String decoderSubscription() {
        return new ChannelUriStringBuilder(CommonContext.IPC_CHANNEL)
            .controlMode(CommonContext.CONTROL_MODE_RESPONSE)
            .build();
    }

    @Override
    public String decoderPublication(final long subscriptionRegistrationId) {
        return publication().responseCorrelationId(subscriptionRegistrationId).build();
    }

    private ChannelUriStringBuilder publication() {
        return new ChannelUriStringBuilder(CommonContext.IPC_CHANNEL).termLength(termBytes).mtu(MTU_BYTES);
    }
}
