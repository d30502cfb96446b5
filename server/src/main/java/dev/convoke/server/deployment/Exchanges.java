package dev.convoke.server.deployment;

import dev.convoke.core.Alarm;
import dev.convoke.core.Counters;
import dev.convoke.core.NamedServices;
import dev.convoke.transport.AeronSettings;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.NetworkSettings;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.concurrent.SystemNanoClock;
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

    /**
     * The exchange over a modelled network, for a port on one thread; the exchange itself if none is asked for.
     *
     * @param network settings by name
     * @param alarm   of the port's thread
     */
    static ExpertExchange overNetwork(final Map<String, String> network, final ExpertExchange exchange,
        final Counters counters, final Alarm alarm) {
        if (network.isEmpty()) {
            return exchange;
        }
        final NetworkSettings settings = new NetworkSettings(network);
        final long seed = settings.seed().orElseGet(() -> ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE));
        LOG.warn("Frames of this process pass a modelled network, seed {}: {}.", seed, settings);
        return new FaultInjectingExchange(exchange, settings, seed, SystemNanoClock.INSTANCE, counters, alarm);
    }
}
