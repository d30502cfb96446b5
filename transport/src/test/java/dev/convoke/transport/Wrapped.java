package dev.convoke.transport;

import dev.convoke.core.Counters;
import dev.convoke.transport.faults.Distribution;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import dev.convoke.transport.faults.Network;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;

/** Exchanges behind the fault-injecting wrapper. */
final class Wrapped {
    private Wrapped() {
    }

    /** One side takes the wrapper's short path, the other goes through all of it with rates of zero. */
    static ExchangePair withoutFaults(final ExchangePair pair) {
        return new ExchangePair(
            wrap(pair.hosts(), Faults.NONE, 1), wrap(pair.decoders(), Faults.NONE.withRefusal(0, 1), 2));
    }

    /** Every frame takes time, none is lost; each side delays both of its directions. */
    static ExchangePair overNetwork(final ExchangePair pair) {
        final Network network = Network.NONE.withDelay(TimeUnit.MICROSECONDS.toNanos(20))
            .withJitter(TimeUnit.MICROSECONDS.toNanos(10), Distribution.PARETO)
            .withSpikes(0.001, TimeUnit.MILLISECONDS.toNanos(1)).withBandwidth(20_000_000_000L);
        return new ExchangePair(wrap(pair.hosts(), Faults.NONE.withNetwork(network), 1),
            wrap(pair.decoders(), Faults.NONE.withNetwork(network), 2));
    }

    private static ExpertExchange wrap(final ExpertExchange exchange, final Faults faults, final long seed) {
        return new FaultInjectingExchange(
            exchange, FaultPlan.always(faults), seed, SystemNanoClock.INSTANCE, new Counters());
    }
}
