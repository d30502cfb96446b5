package dev.convoke.transport.aeron;

import dev.convoke.core.ConvokeException;
import dev.convoke.transport.AeronContext;
import dev.convoke.transport.ExchangeContext;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.driver.exceptions.ActiveDriverException;
import io.aeron.exceptions.AeronException;
import java.io.File;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemNanoClock;

/** A media driver on one thread of this process, with the settings of the context; its directory goes with it. */
final class EmbeddedDriver implements AutoCloseable {
    private static final long TIMER_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int COUNTERS_BYTES = 1 << 20;

    private final MediaDriver driver;
    private final File directory;

    /**
     * Starts it. In a directory where a killed process left a driver's files this waits until that driver is
     * certainly dead.
     */
    EmbeddedDriver(
        final ExchangeContext context, final Media media, final File directory, final SocketBuffers sockets) {
        this.directory = directory;
        this.driver = launch(context, media, sockets);
    }

    private MediaDriver launch(final ExchangeContext context, final Media media, final SocketBuffers sockets) {
        final long deadlineNs = System.nanoTime() + 2 * context.aeron().driverTimeoutNs();
        while (true) {
            try {
                return MediaDriver.launchEmbedded(settings(context, media, sockets));
            } catch (final ActiveDriverException e) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new ConvokeException("Another process runs a media driver in " + directory
                        + "; set aeron.driver to external to use that one, or choose another aeron.directory.", e);
                }
                LockSupport.parkNanos(RETRY_NS);
            } catch (final AeronException e) {
                throw new ConvokeException("The media driver does not start in " + directory + ": " + e.getMessage()
                    + "; correct the aeron settings or choose another aeron.directory.", e);
            }
        }
    }

    private MediaDriver.Context settings(
        final ExchangeContext context, final Media media, final SocketBuffers sockets) {
        final AeronContext aeron = context.aeron();
        final MediaDriver.Context settings = new MediaDriver.Context()
            .aeronDirectoryName(directory.getPath())
            .dirDeleteOnStart(false)
            .dirDeleteOnShutdown(true)
            .warnIfDirectoryExists(false)
            .errorHandler(context.errorHandler())
            .threadingMode(ThreadingMode.SHARED)
            .sharedIdleStrategy(
                new DriverIdleStrategy(media, aeron, SystemNanoClock.INSTANCE, LockSupport::parkNanos))
            .asyncExecutorEnabled(false)
            .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(aeron.driverTimeoutNs()))
            .timerIntervalNs(TIMER_INTERVAL_NS)
            .clientLivenessTimeoutNs(aeron.clientLivenessNs())
            .publicationUnblockTimeoutNs(aeron.clientLivenessNs() + LINGER_NS)
            .publicationLingerTimeoutNs(LINGER_NS)
            .publicationConnectionTimeoutNs(aeron.connectionTimeoutNs())
            .imageLivenessTimeoutNs(aeron.imageLivenessNs())
            .publicationTermBufferLength(aeron.termBytes())
            .ipcTermBufferLength(aeron.termBytes())
            .termBufferSparseFile(true)
            .counterValuesBufferLength(COUNTERS_BYTES)
            .lowStorageWarningThreshold(0)
            .streamSessionLimit(aeron.maxSessions());
        if (media == Media.UDP) {
            settings.socketSndbufLength(sockets.sendBytes())
                .socketRcvbufLength(sockets.receiveBytes())
                .initialWindowLength(sockets.windowBytes());
        }
        return settings;
    }

    @Override
    public void close() {
        driver.close();
    }
}
