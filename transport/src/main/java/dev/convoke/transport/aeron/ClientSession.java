package dev.convoke.transport.aeron;

import dev.convoke.transport.ExchangeContext;
import io.aeron.Aeron;
import io.aeron.RethrowingErrorHandler;
import java.io.File;
import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.NoOpLock;

/**
 * A port's Aeron client, driven by the port's thread. When the driver dies, or forgets a client that was stopped for
 * too long, a new client takes its place; {@link #generation()} tells that everything the old one opened is gone.
 */
final class ClientSession implements AutoCloseable {
    private static final int KEEP_ALIVES_PER_LIVENESS = 10;
    private static final long ACTIVE_WITHIN_MS = 2000;
    /** Looking after the client takes longer than looking for frames, which come every few microseconds. */
    private static final long WORK_INTERVAL_NS = TimeUnit.MICROSECONDS.toNanos(50);
    /** So many polls in a row that found frames go without it: whoever sent them waits for an answer. */
    private static final int MOST_BUSY_POLLS = 16;

    private final File directory;
    private final ExchangeContext context;
    private final PortCounters counters;
    private final ErrorHandler errorHandler;
    private Aeron aeron;
    private AgentInvoker invoker;
    private long retryAtNs;
    private long workedNs;
    private int generation;
    private int busyPolls;

    ClientSession(final File directory, final ExchangeContext context, final PortCounters counters) {
        this.directory = directory;
        this.context = context;
        this.counters = counters;
        this.errorHandler = this::onError;
        this.retryAtNs = context.clock().nanoTime();
        this.workedNs = retryAtNs - WORK_INTERVAL_NS;
    }

    /** Whether the time may have come to look after the client, after a poll that found so many frames. */
    boolean isFree(final int frames) {
        busyPolls = frames == 0 ? 0 : busyPolls + 1;
        return busyPolls % MOST_BUSY_POLLS == 0;
    }

    /** Whether the client and what depends on it are to be looked after, which is not needed at every poll. */
    boolean isDue(final long nowNs) {
        return nowNs - workedNs >= WORK_INTERVAL_NS;
    }

    /** Serves the client or tries to get one; returns the work done. */
    int work(final long nowNs) {
        workedNs = nowNs;
        if (aeron == null) {
            return nowNs - retryAtNs < 0 ? 0 : connect(nowNs);
        }
        final int work = invoker.invoke();
        if (aeron.isClosed() || invoker.isClosed()) {
            aeron.close();
            aeron = null;
            generation++;
            retryAtNs = nowNs;
            counters.clientRebuilds.increment();
            return 1;
        }
        return work;
    }

    private int connect(final long nowNs) {
        retryAtNs = nowNs + context.aeron().reconnectIntervalNs();
        if (!DriverDirectory.isDriverActive(directory, ACTIVE_WITHIN_MS)) {
            return 0;
        }
        try {
            aeron = Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(directory.getPath())
                .useConductorAgentInvoker(true)
                .clientLock(NoOpLock.INSTANCE)
                .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(context.aeron().driverTimeoutNs()))
                .keepAliveIntervalNs(context.aeron().clientLivenessNs() / KEEP_ALIVES_PER_LIVENESS)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(RethrowingErrorHandler.INSTANCE));
            invoker = aeron.conductorAgentInvoker();
            generation++;
            return 1;
        } catch (final RuntimeException e) {
            onError(e);
            return 0;
        }
    }

    /** The client, or null while there is none. */
    Aeron aeron() {
        return aeron;
    }

    /** Rises whenever a client comes or goes. */
    int generation() {
        return generation;
    }

    void onError(final Throwable error) {
        counters.errors.increment();
        context.errorHandler().onError(error);
    }

    @Override
    public void close() {
        if (aeron != null) {
            aeron.close();
            aeron = null;
        }
    }
}
