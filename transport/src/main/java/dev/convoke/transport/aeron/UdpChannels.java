package dev.convoke.transport.aeron;

import dev.convoke.transport.UdpAddress;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.protocol.DataHeaderFlyweight;

/** UDP: requests to the address's port, answers from the next one. Sockets of loopback peers are bound to loopback. */
final class UdpChannels implements HostChannels {
    private static final int REQUEST_STREAM = 7710;
    private static final int ANSWER_STREAM = 7711;
    private static final String PROTOTYPE = "prototype";

    private final UdpAddress address;
    private final int termBytes;
    private final int mtuBytes;

    UdpChannels(final UdpAddress address, final int termBytes, final int mtuBytes) {
        this.address = address;
        this.termBytes = termBytes;
        this.mtuBytes = mtuBytes;
    }

    @Override
    public int fragmentBytes() {
        return mtuBytes - DataHeaderFlyweight.HEADER_LENGTH;
    }

    @Override
    public int requestStream() {
        return REQUEST_STREAM;
    }

    @Override
    public int answerStream() {
        return ANSWER_STREAM;
    }

    @Override
    public String hostSubscription() {
        return udp().endpoint(address.toString()).build();
    }

    @Override
    public String hostPublication(final long imageCorrelationId) {
        return answerControl().termLength(termBytes).mtu(mtuBytes).responseCorrelationId(imageCorrelationId).build();
    }

    @Override
    public String hostReservation() {
        return answerControl().responseCorrelationId(PROTOTYPE).build();
    }

    @Override
    public String decoderSubscription() {
        final ChannelUriStringBuilder channel = answerControl();
        if (address.isLoopback()) {
            channel.endpoint(address.withPort(0));
        }
        return channel.build();
    }

    @Override
    public String decoderPublication(final long subscriptionRegistrationId) {
        final ChannelUriStringBuilder channel = udp().endpoint(address.toString());
        if (address.isLoopback()) {
            channel.networkInterface(address.withPort(0));
        }
        return channel.termLength(termBytes).mtu(mtuBytes).responseCorrelationId(subscriptionRegistrationId).build();
    }

    private ChannelUriStringBuilder answerControl() {
        return udp()
            .controlMode(CommonContext.CONTROL_MODE_RESPONSE)
            .controlEndpoint(address.withPort(address.port() + 1));
    }

    private static ChannelUriStringBuilder udp() {
        return new ChannelUriStringBuilder().media(CommonContext.UDP_MEDIA);
    }
}
