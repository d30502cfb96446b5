package dev.convoke.transport.faults;

import dev.convoke.core.Counters;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.NanoClock;

/**
 * An exchange whose ports lose, repeat, delay, damage and refuse frames as a plan says. The same seed and the same
 * calls give the same faults; ports draw from random numbers of their own, in the order in which they were made.
 */
public final class FaultInjectingExchange implements ExpertExchange {
    private final ExpertExchange exchange;
    private final FaultPlan plan;
    private final SplittableRandom random;
    private final NanoClock clock;
    private final Counters counters;
    private int ports;

    /**
     * Wraps an exchange, which is closed together with this.
     *
     * @param clock    decides when delays and refusals are over
     * @param counters where each port registers what it did
     */
    public FaultInjectingExchange(
        final ExpertExchange exchange,
        final FaultPlan plan,
        final long seed,
        final NanoClock clock,
        final Counters counters) {
        this.exchange = exchange;
        this.plan = plan;
        this.random = new SplittableRandom(seed);
        this.clock = clock;
        this.counters = counters;
    }

    @Override
    public FramePort connect(final List<String> hostAddresses) {
        return wrap(exchange.connect(hostAddresses));
    }

    @Override
    public FramePort bind(final String address) {
        return wrap(exchange.bind(address));
    }

    private synchronized FramePort wrap(final FramePort port) {
        return new FaultyPort(port, plan, random.split(), clock, new FaultCounters(counters, ports++));
    }

    @Override
    public void close() {
        exchange.close();
    }
}
