package dev.convoke.transport.aeron;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.transport.AeronContext;
import dev.convoke.transport.AeronContext.DriverMode;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.UdpAddress;
import java.io.File;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What the ports of one process share: the settings and, unless another process runs it, the media driver. */
final class AeronExchange implements ExpertExchange {
    private static final long BIND_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long BIND_POLL_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ExchangeContext context;
    private final AeronContext aeron;
    private final Media media;
    private final File directory;
    private final SocketBuffers sockets;
    private EmbeddedDriver driver;
    private int pairs;
    private int ports;
    private boolean closed;

    AeronExchange(final ExchangeContext context, final Media media) {
        this.context = context;
        this.aeron = context.aeron();
        this.media = media;
        this.directory = DriverDirectory.choose(aeron, media);
        this.sockets = media == Media.UDP ? SocketBuffers.probe(aeron) : null;
    }

    @Override
    public synchronized FramePort connect(final List<String> hostAddresses) {
        checkOpen();
        final List<String> hosts = hostAddresses.stream().filter(address -> !address.equals(NOBODY)).toList();
        hosts.forEach(this::channelsOf);
        if (aeron.driverMode() != DriverMode.EXTERNAL) {
            embedDriver(hosts.size());
        }
        final PortCounters counters = new PortCounters(context.counters(), ports++);
        return new DecoderPort(List.copyOf(hostAddresses), this::channelsOf,
            new ClientSession(directory, context, counters), context, counters);
    }

    @Override
    public synchronized FramePort bind(final String address) {
        checkOpen();
        final HostChannels channels = channelsOf(address);
        if (aeron.driverMode() == DriverMode.EMBEDDED || aeron.driverMode() == DriverMode.AUTO && media == Media.UDP) {
            embedDriver(1);
        }
        final PortCounters counters = new PortCounters(context.counters(), ports++);
        final HostPort port =
            new HostPort(channels, new ClientSession(directory, context, counters), context, counters);
        if (driver != null) {
            awaitBound(port, address);
        }
        return port;
    }

    /** With a driver of our own there is no reason to wait for anything: an address that cannot be had is an error. */
    private static void awaitBound(final HostPort port, final String address) {
        final long deadlineNs = System.nanoTime() + BIND_TIMEOUT_NS;
        while (!port.isBound()) {
            port.poll((peer, buffer, offset, length) -> { }, 0);
            if (port.lastError() != null || System.nanoTime() - deadlineNs > 0) {
                port.close();
                throw new ConvokeException("The expert host cannot listen on '" + address + "'; "
                    + "is it in use? Choose another address. "
                    + (port.lastError() == null ? "No answer from the media driver." : port.lastError().getMessage()),
                    port.lastError());
            }
            LockSupport.parkNanos(BIND_POLL_NS);
        }
    }

    private HostChannels channelsOf(final String address) {
        if (media == Media.IPC) {
            if (address.isBlank()) {
                throw new ConfigurationException("An IPC address is empty; write a number or a name.");
            }
            return new IpcChannels(address, aeron.termBytes());
        }
        final UdpAddress udp = UdpAddress.parse(address);
        return new UdpChannels(udp, aeron.termBytes(), sockets.mtuBytes(aeron, udp.isLoopback()));
    }

    private void embedDriver(final int morePairs) {
        pairs += morePairs;
        DriverDirectory.requireSpace(directory, aeron, pairs);
        if (driver == null) {
            driver = new EmbeddedDriver(context, media, directory, sockets);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the exchange is closed");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (driver != null) {
            driver.close();
            driver = null;
        }
    }
}
