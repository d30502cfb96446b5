package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.server.ExpertSettings;
import dev.convoke.transport.UdpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Options that say where the experts are; the same for a decoder and for its expert hosts. */
public final class ExpertOptions {
    private static final Logger LOG = LoggerFactory.getLogger(ExpertOptions.class);
    private static final String DEFAULT_PLACEMENT = "round-robin";
    private static final String AERON_UDP = "aeron-udp";
    private static final Set<String> BETWEEN_PROCESSES = Set.of(AERON_UDP, "aeron-ipc");

    @Option(names = "--exchange", paramLabel = "NAME", description = "How rows travel to expert hosts: in-process, "
        + "aeron-ipc or aeron-udp. Default: ${DEFAULT-VALUE}", defaultValue = ExpertSettings.IN_PROCESS)
    private String exchange;

    @Option(names = "--hosts", paramLabel = "N",
        description = "Expert hosts to run in this process. Default: 1")
    private Integer hosts;

    @Option(names = "--expert-hosts", paramLabel = "ADDRESS", split = ",", description = "Addresses of expert hosts "
        + "elsewhere, all of them and in the same order everywhere: host:port for aeron-udp, any name for aeron-ipc.")
    private List<String> expertHosts = new ArrayList<>();

    @Option(names = "--placement", paramLabel = "NAME", description = "How experts are dealt out to hosts. "
        + "Default: " + DEFAULT_PLACEMENT)
    private String placement;

    @Option(names = "--experts", paramLabel = "LIST", description = "Instead of --placement, once for each host: what "
        + "it holds, as layers:experts, for example '*:0-3' or '0-2:* 3:0,4'.")
    private List<String> experts = new ArrayList<>();

    @Option(names = "--aeron", paramLabel = "NAME=VALUE", description = "A setting of Aeron, for example "
        + "mtu-bytes=8192, driver-park=100us, driver=external or directory=/dev/shm/driver; an unknown name lists all.")
    private Map<String, String> aeron = new LinkedHashMap<>();

    @Option(names = "--insecure-network", description = "Allow addresses that other machines can reach, although "
        + "nothing is authenticated or encrypted.")
    private boolean insecureNetwork;

    /** What was chosen. */
    public ExpertSettings settings() {
        if (placement != null && !experts.isEmpty()) {
            throw new ConfigurationException("placement is " + placement + " but experts lists what each host holds ("
                + String.join(" | ", experts) + "); leave one of them out.");
        }
        if (expertHosts.isEmpty()) {
            return local();
        }
        if (hosts != null) {
            throw new ConfigurationException("hosts is " + hosts + " but expert-hosts lists hosts in other processes ("
                + String.join(", ", expertHosts) + "); "
                + "leave one of them out.");
        }
        if (ExpertSettings.IN_PROCESS.equals(exchange)) {
            throw new ConfigurationException("expert-hosts are given (" + String.join(", ", expertHosts)
                + ") but exchange is in-process; set exchange to aeron-udp or aeron-ipc.");
        }
        requireLoopback();
        return ExpertSettings.remote(exchange, Map.copyOf(aeron), List.copyOf(expertHosts), placement(),
            List.copyOf(experts));
    }

    private ExpertSettings local() {
        if (BETWEEN_PROCESSES.contains(exchange)) {
            throw new ConfigurationException("exchange is " + exchange + " but no expert-hosts are given; list their "
                + "addresses.");
        }
        final int count = hosts == null ? Math.max(1, experts.size()) : hosts;
        if (count < 1) {
            throw new ConfigurationException("hosts is " + count + "; choose 1 or more.");
        }
        return ExpertSettings.local(exchange, count, placement(), List.copyOf(experts));
    }

    private String placement() {
        return placement == null ? DEFAULT_PLACEMENT : placement;
    }

    private void requireLoopback() {
        if (AERON_UDP.equals(exchange)) {
            expertHosts.stream().filter(address -> !UdpAddress.isLoopback(address))
                .forEach(this::requireInsecureNetwork);
        }
    }

    /** Refuses an address that is not of this machine alone, unless the operator allowed it, and warns then. */
    void requireInsecureNetwork(final String address) {
        if (!insecureNetwork) {
            throw new ConfigurationException(address + " can be reached from other machines, and traffic is neither "
                + "authenticated nor encrypted yet; use a loopback address, or --insecure-network on a network you "
                + "trust.");
        }
        LOG.warn("{} can be reached from other machines, without authentication or encryption.", address);
    }
}
