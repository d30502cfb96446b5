package dev.convoke.server.deployment;

import dev.convoke.core.Counters;
import dev.convoke.core.NamedServices;
import dev.convoke.transport.AeronSettings;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import java.util.Map;
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
     * @param aeron settings by name
     */
    static ExpertExchange open(final String name, final Map<String, String> aeron, final Counters counters) {
        final ExpertExchangeProvider provider = NamedServices.named(ExpertExchangeProvider.class, name);
        final ExchangeContext context = new ExchangeContext().counters(counters)
            .errorHandler(error -> LOG.warn("Exchange {}: {}", name, error.getMessage()));
        aeron.forEach((setting, value) -> AeronSettings.set(context.aeron(), setting, value));
        context.conclude();
        return provider.open(context);
    }
}
