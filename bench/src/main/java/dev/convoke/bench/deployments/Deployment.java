package dev.convoke.bench.deployments;

import java.util.ArrayList;
import java.util.List;

/**
 * A way to run a model, as command lines.
 *
 * @param name      for the table
 * @param httpPort  where its decoder serves
 * @param processes arguments of each process, the decoder's last
 */
public record Deployment(String name, int httpPort, List<List<String>> processes) {
    private static final int FIRST_UDP_PORT = 100;
    /** A host takes the port after its own, too. */
    private static final int PORTS_OF_HOST = 2;

    /**
     * Options of the processes, beside those of the shipped files.
     *
     * @param all     of every process
     * @param decoder of decoders with expert hosts elsewhere
     * @param hosts   of expert hosts
     */
    public record Options(List<String> all, List<String> decoder, List<String> hosts) {
    }

    /** The deployments under {@code configs/}, the one-process one first; ports are counted from the first. */
    public static List<Deployment> shipped(final int firstPort, final Options options) {
        final int udp = firstPort + FIRST_UDP_PORT;
        final String udpHosts = "127.0.0.1:" + udp + ",127.0.0.1:" + (udp + PORTS_OF_HOST);
        final String directory = System.getProperty("os.name").equals("Linux") ? "/dev/shm/" : "/tmp/";
        return List.of(
            new Deployment("in-process", firstPort,
                List.of(arguments("serve", "all-in-one.yaml", options.all(), port(firstPort)))),
            distributed("2 hosts over IPC", firstPort + 1, "ipc", List.of("--expert-hosts", "experts-0,experts-1",
                "--aeron", "directory=" + directory + "convoke-bench-" + ProcessHandle.current().pid()), options),
            distributed("2 hosts over UDP", firstPort + 2, "udp", List.of("--expert-hosts", udpHosts), options));
    }

    private static Deployment distributed(final String name, final int httpPort, final String exchange,
        final List<String> addresses, final Options options) {
        final List<List<String>> processes = new ArrayList<>();
        for (int host = 0; host < 2; host++) {
            processes.add(arguments("expert-host", exchange + "-host-" + host + ".yaml", options.all(), addresses,
                options.hosts()));
        }
        processes.add(arguments("serve", exchange + "-decoder.yaml", options.all(), addresses, options.decoder(),
            port(httpPort)));
        return new Deployment(name, httpPort, processes);
    }

    private static List<String> port(final int number) {
        return List.of("--port", Integer.toString(number));
    }

    @SafeVarargs
    private static List<String> arguments(final String role, final String config, final List<String>... more) {
        final List<String> arguments = new ArrayList<>(List.of(role, "--config",
            System.getProperty("convoke.home") + "/configs/" + config));
        for (final List<String> options : more) {
            arguments.addAll(options);
        }
        return arguments;
    }
}
