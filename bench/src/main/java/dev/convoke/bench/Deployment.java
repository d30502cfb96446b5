package dev.convoke.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A way to run a model, as command lines.
 *
 * @param name      for the table
 * @param httpPort  where its decoder serves
 * @param processes arguments of each process, the decoder's last
 */
record Deployment(String name, int httpPort, List<List<String>> processes) {
    /** The deployments under {@code configs/}, the one-process one first. */
    static List<Deployment> shipped(final int firstPort, final List<String> overrides) {
        return List.of(
            of("in-process", firstPort, List.of(), "all-in-one.yaml", overrides),
            of("2 hosts over IPC", firstPort + 1, List.of("ipc-host-0.yaml", "ipc-host-1.yaml"), "ipc-decoder.yaml",
                overrides),
            of("2 hosts over UDP", firstPort + 2, List.of("udp-host-0.yaml", "udp-host-1.yaml"), "udp-decoder.yaml",
                overrides));
    }

    private static Deployment of(final String name, final int port, final List<String> hostConfigs,
        final String decoderConfig, final List<String> overrides) {
        final List<List<String>> processes = new ArrayList<>();
        for (final String config : hostConfigs) {
            processes.add(arguments("expert-host", config, overrides, List.of()));
        }
        processes.add(arguments("serve", decoderConfig, overrides, List.of("--port", Integer.toString(port))));
        return new Deployment(name, port, processes);
    }

    private static List<String> arguments(final String role, final String config, final List<String> overrides,
        final List<String> more) {
        final List<String> arguments = new ArrayList<>(List.of(role, "--config",
            System.getProperty("convoke.home") + "/configs/" + config));
        arguments.addAll(overrides);
        arguments.addAll(more);
        return arguments;
    }
}
