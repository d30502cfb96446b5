package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** Where to listen, checked before anything is loaded. */
final class ListenAddress {
    private static final int HIGHEST_PORT = 65_535;

    private ListenAddress() {
    }

    /**
     * The address; binds it for a moment to find out whether it is taken.
     *
     * @param prefix of the options' names, {@code port} and {@code host}
     */
    static InetSocketAddress of(final String prefix, final String host, final int port) {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new ConfigurationException(prefix + "port is " + port + "; choose 0 to " + HIGHEST_PORT + ".");
        }
        final InetSocketAddress address;
        try {
            address = new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (final UnknownHostException e) {
            throw new ConfigurationException(prefix + "host is '" + host + "', which is no address of this machine.",
                e);
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(address);
        } catch (final IOException e) {
            throw new ConvokeException("Port " + port + " of " + address.getHostString()
                + " cannot be listened on (" + e.getMessage() + "); choose another one with --" + prefix + "port.", e);
        }
        return address;
    }
}
