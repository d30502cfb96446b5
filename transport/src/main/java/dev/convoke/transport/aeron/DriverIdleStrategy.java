package dev.convoke.transport.aeron;

import dev.convoke.transport.AeronContext;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/**
 * How the media driver's thread waits: it yields for a while after traffic, so that an exchange in flight meets a
 * wakeful driver; parks briefly between steps; and parks long once there was no traffic for a second. Heartbeats are
 * not traffic. Over UDP the driver's work is counted in bytes, and heartbeats are known by being few; in shared memory
 * the driver only makes room, and does so in quick succession under load.
 */
final class DriverIdleStrategy implements IdleStrategy {
    private static final long RECENT_NS = TimeUnit.SECONDS.toNanos(1);
    /** A few heartbeats or status messages of some 40 bytes that met in one cycle. */
    private static final int HEARTBEAT_BYTES = 160;

    private final NanoClock clock;
    private final LongConsumer parking;
    private final long activeWindowNs;
    private final long parkNs;
    private final long idleParkNs;
    private final int trafficWork;
    private final long successionNs;
    private long lastWorkNs;
    private long lastTrafficNs;

    DriverIdleStrategy(
        final Media media, final AeronContext context, final NanoClock clock, final LongConsumer parking) {
        this.clock = clock;
        this.parking = parking;
        this.activeWindowNs = context.driverActiveWindowNs();
        this.parkNs = context.driverParkNs();
        this.idleParkNs = context.driverIdleParkNs();
        this.trafficWork = media == Media.UDP ? HEARTBEAT_BYTES : 1;
        this.successionNs = media == Media.UDP ? Long.MAX_VALUE : activeWindowNs;
        this.lastWorkNs = clock.nanoTime() - activeWindowNs;
        this.lastTrafficNs = lastWorkNs - RECENT_NS;
    }

    @Override
    public void idle(final int workCount) {
        if (workCount >= trafficWork) {
            final long nowNs = clock.nanoTime();
            if (nowNs - lastWorkNs < successionNs) {
                lastTrafficNs = nowNs;
            }
            lastWorkNs = nowNs;
        } else if (workCount <= 0) {
            idle();
        }
    }

    @Override
    public void idle() {
        final long nowNs = clock.nanoTime();
        final long quietNs = nowNs - lastTrafficNs;
        if (quietNs < activeWindowNs) {
            Thread.yield();
        } else {
            // Whoever waits for room again must be met within the window, or is never known for traffic.
            parking.accept(quietNs < RECENT_NS || nowNs - lastWorkNs < activeWindowNs ? parkNs : idleParkNs);
        }
    }

    @Override
    public void reset() {
        lastWorkNs = clock.nanoTime();
    }

    @Override
    public String alias() {
        return "driver";
    }
}
