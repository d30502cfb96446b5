package dev.convoke.server.deployment;

import dev.convoke.core.Counters;
import dev.convoke.core.NamedServices;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens exchanges by name. */
final class Exchanges {
    private static final Logger LOG = LoggerFactory.getLogger(Exchanges.class);

    private Exchanges() {
    }

    /**
     * Opens one.
     *
     * @param aeronDirectory of the media driver, or empty
     */
    static ExpertExchange open(final String name, final String aeronDirectory, final Counters counters) {
        final ExpertExchangeProvider provider = NamedServices.named(ExpertExchangeProvider.class, name);
        final ExchangeContext context = new ExchangeContext().counters(counters)
            .errorHandler(error -> LOG.warn("Exchange {}: {}", name, error.getMessage()));
        context.aeron().directory(aeronDirectory);
        context.conclude();
        return provider.open(context);
    }
}
