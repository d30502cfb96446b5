package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;

/**
 * Named {@code aeron-ipc}: processes of one machine that share a media driver. An address is a number below 2^30 or
 * any other name, which stands for one.
 */
public final class AeronIpcExchangeProvider implements ExpertExchangeProvider {
    @Override
    public String name() {
        return "aeron-ipc";
    }

    @Override
    public ExpertExchange open(final ExchangeContext context) {
        return new AeronExchange(context, Media.IPC);
    }
}
