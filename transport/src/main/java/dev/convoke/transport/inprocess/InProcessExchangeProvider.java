package dev.convoke.transport.inprocess;

import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;

/** Named {@code in-process}: decoders and expert hosts that were given the same exchange meet by address. */
public final class InProcessExchangeProvider implements ExpertExchangeProvider {
    @Override
    public String name() {
        return "in-process";
    }

    @Override
    public ExpertExchange open(final ExchangeContext context) {
        return new InProcessExchange(context.maxFrameBytes());
    }
}
