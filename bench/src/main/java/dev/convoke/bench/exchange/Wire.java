package dev.convoke.bench.exchange;

import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the ends of a measurement meet. As between processes of a deployment, over IPC all share the media driver of
 * the decoder, and over UDP everybody has one.
 *
 * @param exchange       by name
 * @param aeron          settings of Aeron by name, without the directory
 * @param directories    of the media drivers: the decoder's, then each host's; empty strings where there is none
 * @param addresses      of the expert hosts
 * @param plainAddresses where the plain ping-pong meets: a stream, or host and port
 */
public record Wire(String exchange, Map<String, String> aeron, List<String> directories, List<String> addresses,
    List<String> plainAddresses) {
    /** The exchange within a process. */
    public static final String IN_PROCESS = "in-process";
    /** Through shared memory. */
    public static final String AERON_IPC = "aeron-ipc";
    /** Over loopback. */
    public static final String AERON_UDP = "aeron-udp";

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    /** Directories and addresses of this process's own, free at the moment. */
    public static Wire of(final String exchange, final Map<String, String> aeron, final int hosts) {
        final String base = (Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY
            : Path.of(System.getProperty("java.io.tmpdir"))).resolve("convoke-bench-" + ProcessHandle.current().pid())
            + "-" + Long.toHexString(System.nanoTime()) + "-";
        final List<String> directories = new ArrayList<>();
        final List<String> addresses = new ArrayList<>();
        final List<String> plain = new ArrayList<>();
        final List<DatagramSocket> reserved = new ArrayList<>();
        try {
            directories.add(base + 0);
            for (int host = 0; host < hosts; host++) {
                directories.add(exchange.equals(AERON_UDP) ? base + (host + 1) : base + 0);
                addresses.add(switch (exchange) {
                    case IN_PROCESS -> "host-" + host;
                    case AERON_IPC -> String.valueOf(1000 + host);
                    default -> "127.0.0.1:" + freePorts(reserved);
                });
                plain.add(exchange.equals(AERON_UDP) ? "127.0.0.1:" + freePorts(reserved)
                    : String.valueOf(2000 + 2 * host));
            }
        } finally {
            reserved.forEach(DatagramSocket::close);
        }
        return new Wire(exchange, aeron, directories, addresses, plain);
    }

    /** The first of two neighbouring ports; both are held until all are found. */
    private static int freePorts(final List<DatagramSocket> reserved) {
        for (int tries = 0; tries < 1000; tries++) {
            DatagramSocket first = null;
            try {
                first = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                reserved.add(new DatagramSocket(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), first.getLocalPort() + 1)));
                reserved.add(first);
                return first.getLocalPort();
            } catch (final IOException | IllegalArgumentException e) {
                if (first != null) {
                    first.close();
                }
            }
        }
        throw new ConvokeException("No two neighbouring UDP ports are free on loopback; end what holds so many.");
    }

    /** Settings of Aeron for one end: 0 is the decoder's, then come the hosts'. */
    public Map<String, String> aeronOf(final int end) {
        final Map<String, String> settings = new LinkedHashMap<>(aeron);
        settings.put("directory", directories.get(end));
        return settings;
    }

    /** Whether hosts run on the decoder's thread, as they do within one process. */
    public boolean isLocal() {
        return exchange.equals(IN_PROCESS);
    }
}
