package dev.convoke.transport.faults;

import dev.convoke.core.Alarm;
import dev.convoke.core.Counters;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.NanoClock;

/**
 * An exchange whose ports lose, repeat, delay, damage and refuse frames as a plan says. The same seed and the same
 * calls give the same faults; ports draw from random numbers of their own, in the order in which they were made. Frames
 * under way move on when their port is polled.
 */
public final class FaultInjectingExchange implements ExpertExchange {
    private final ExpertExchange exchange;
    private final FaultPlan plan;
    private final SplittableRandom random;
    private final NanoClock clock;
    private final Counters counters;
    private final Alarm alarm;
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
        this(exchange, plan, seed, clock, counters, Alarm.NONE);
    }

    /**
     * Wraps an exchange whose ports are all on one thread.
     *
     * @param alarm of that thread: set for when frames under way are due
     */
    public FaultInjectingExchange(
        final ExpertExchange exchange,
        final FaultPlan plan,
        final long seed,
        final NanoClock clock,
        final Counters counters,
        final Alarm alarm) {
        this.exchange = exchange;
        this.plan = plan;
        this.random = new SplittableRandom(seed);
        this.clock = clock;
        this.counters = counters;
        this.alarm = alarm;
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
        return new FaultyPort(port, plan, random.split(), clock, alarm, new FaultCounters(counters, ports++));
    }

    @Override
    public void close() {
        exchange.close();
    }
}
