package dev.convoke.transport;

import dev.convoke.core.ConfigurationException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Where an expert host listens over UDP: {@code host:port}, IPv6 in brackets. Requests go to the port, answers come
 * from the one after it.
 */
public record UdpAddress(InetAddress host, int port) {
    private static final int MAX_PORT = 65534;

    /** Resolves names; throws {@link ConfigurationException} for what is not an address. */
    public static UdpAddress parse(final String address) {
        final int colon = address.lastIndexOf(':');
        final int port = colon > 0 ? portOf(address.substring(colon + 1)) : -1;
        if (port < 1 || port > MAX_PORT) {
            throw new ConfigurationException("'" + address + "' is not an address for UDP; write host:port with a port "
                + "from 1 to " + MAX_PORT + ", such as 127.0.0.1:40123 or [::1]:40123.");
        }
        final String host = address.substring(0, colon);
        try {
            return new UdpAddress(InetAddress.getByName(host), port);
        } catch (final UnknownHostException e) {
            throw new ConfigurationException(
                "The host of '" + address + "' is not known; correct the name or write its IP address.", e);
        }
    }

    private static int portOf(final String text) {
        try {
            return Integer.parseInt(text);
        } catch (final NumberFormatException e) {
            return -1;
        }
    }

    /** Whether only this machine can reach the address. */
    public static boolean isLoopback(final String address) {
        return parse(address).isLoopback();
    }

    /** Whether only this machine can reach the address. */
    public boolean isLoopback() {
        return host.isLoopbackAddress();
    }

    /** The numeric host and that port. */
    public String withPort(final int otherPort) {
        final String numeric = host.getHostAddress();
        return (host instanceof Inet6Address ? "[" + numeric + "]" : numeric) + ":" + otherPort;
    }

    @Override
    public String toString() {
        return withPort(port);
    }
}
