package dev.convoke.transport;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ThreadLocalRandom;

/** Finds UDP addresses on loopback whose port and next port are free at the moment. */
final class FreePorts {
    private FreePorts() {
    }

    static String loopbackAddress() {
        while (true) {
            final int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            if (isFree(port) && isFree(port + 1)) {
                return "127.0.0.1:" + port;
            }
        }
    }

    private static boolean isFree(final int port) {
        try (DatagramSocket socket =
            new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            return socket.isBound();
        } catch (final IOException e) {
            return false;
        }
    }
}
