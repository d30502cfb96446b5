package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;

/** Named {@code aeron-udp}; addresses are those of {@link dev.convoke.transport.UdpAddress}. */
public final class AeronUdpExchangeProvider implements ExpertExchangeProvider {
    @Override
    public String name() {
        return "aeron-udp";
    }

    @Override
    public ExpertExchange open(final ExchangeContext context) {
        return new AeronExchange(context, Media.UDP);
    }
}
