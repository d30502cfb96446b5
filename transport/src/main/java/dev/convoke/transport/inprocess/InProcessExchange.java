package dev.convoke.transport.inprocess;

import dev.convoke.core.ConfigurationException;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Where ports of one process meet: hosts by address. Ports may share a thread or have one each. */
final class InProcessExchange implements ExpertExchange {
    private final Map<String, HostPort> hosts = new ConcurrentHashMap<>();
    private final int maxFrameBytes;
    private volatile boolean closed;

    InProcessExchange(final int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    @Override
    public FramePort connect(final List<String> hostAddresses) {
        checkOpen();
        return new DecoderPort(this, List.copyOf(hostAddresses));
    }

    @Override
    public FramePort bind(final String address) {
        checkOpen();
        final HostPort host = new HostPort(this, address);
        if (hosts.putIfAbsent(address, host) != null) {
            throw new ConfigurationException(
                "An expert host is already bound to '" + address + "' in this process; give each its own address.");
        }
        return host;
    }

    /** The host bound there now, or null. */
    HostPort hostAt(final String address) {
        return hosts.get(address);
    }

    void unbind(final String address, final HostPort host) {
        hosts.remove(address, host);
    }

    int maxFrameBytes() {
        return maxFrameBytes;
    }

    @Override
    public void close() {
        closed = true;
        hosts.clear();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the in-process exchange is closed");
        }
    }
}
