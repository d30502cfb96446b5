package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import dev.convoke.experthost.Pace;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.server.ExpertSettings;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.UdpAddress;
import dev.convoke.transport.faults.NetworkSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that say where the experts are; the same for a decoder and for its expert hosts. */
public final class ExpertOptions {
    private static final Logger LOG = LoggerFactory.getLogger(ExpertOptions.class);
    private static final String DEFAULT_PLACEMENT = "round-robin";
    private static final String LEAVE_ONE_OUT = "leave one of them out";
    private static final String EXCHANGE = "exchange";
    private static final String EXPERT_HOSTS = "expert-hosts";
    private static final String AERON_UDP = "aeron-udp";
    private static final int ROOM_OF_COORDINATORS = 16;
    private static final Set<String> BETWEEN_PROCESSES = Set.of(AERON_UDP, "aeron-ipc");

    private final Set<String> warned = new HashSet<>();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--exchange", paramLabel = "NAME", description = "How rows travel to expert hosts: in-process, "
        + "aeron-ipc or aeron-udp. Default: ${DEFAULT-VALUE}", defaultValue = ExpertSettings.IN_PROCESS)
    private String exchange;

    @Option(names = "--hosts", paramLabel = "N",
        description = "Expert hosts to run in this process. Default: 1")
    private Integer hosts;

    @Option(names = "--expert-hosts", paramLabel = "ADDRESS", split = ",", description = "Addresses of expert hosts "
        + "elsewhere, all of them and in the same order everywhere: host:port for aeron-udp, any name for aeron-ipc.")
    private List<String> expertHosts = new ArrayList<>();

    @Option(names = "--max-hosts", paramLabel = "N", description = "Expert hosts there is room for: those of "
        + "--expert-hosts, and others that --join while this runs. Default: as many as --expert-hosts names; 16, if "
        + "that is more, for a coordinator of its own")
    private Integer maxHosts;

    @Option(names = "--placement", paramLabel = "NAME", description = "How experts are dealt out to hosts. "
        + "Default: " + DEFAULT_PLACEMENT)
    private String placement;

    @Option(names = "--replicas", paramLabel = "N", description = "Hosts that each hold a replica of every expert, so "
        + "that all but one of them may fail; the same for the decoder and its hosts. Default: 1")
    private Integer replicas;

    @Option(names = "--experts", paramLabel = "LIST", description = "Instead of --placement, once for each host: what "
        + "it holds, as layers:experts, for example '*:0-3' or '0-2:* 3:0,4'.")
    private List<String> experts = new ArrayList<>();

    @Option(names = "--aeron", paramLabel = "NAME=VALUE", description = "A setting of Aeron, for example "
        + "mtu-bytes=8192, driver-park=100us, driver=external or directory=/dev/shm/driver; an unknown name lists all.")
    private Map<String, String> aeron = new LinkedHashMap<>();

    @Option(names = "--network", paramLabel = "NAME=VALUE", split = ",", description = "Model a network between this "
        + "process and its peers, for tests and measurements: delay, jitter, distribution, spike, spike-delay, "
        + "bandwidth, queue, loss, duplicate, reorder, reorder-delay and seed, for example "
        + "delay=200us,jitter=50us,loss=1%%,bandwidth=10Gbit; see docs/benchmarking.md.")
    private Map<String, String> network = new LinkedHashMap<>();

    @Option(names = "--pace", paramLabel = "NAME=VALUE", split = ",", description = "Release the answers of expert "
        + "hosts of this process when a slower device would have them, for tests and measurements: bandwidth, rate, "
        + "fixed and slowdown, for example bandwidth=50GB,rate=2Tflop,fixed=20us,1.slowdown=3; see "
        + "docs/benchmarking.md.")
    private Map<String, String> pace = new LinkedHashMap<>();

    @Option(names = "--insecure-network", description = "Allow addresses that other machines can reach, although "
        + "nothing is authenticated or encrypted.")
    private boolean insecureNetwork;

    /** What was chosen. */
    public ExpertSettings settings() {
        return settings(false);
    }

    /** What was chosen for a coordinator of its own. */
    ExpertSettings coordinated() {
        if (!BETWEEN_PROCESSES.contains(exchange)) {
            throw new ConfigurationException("A coordinator of its own has its expert hosts in other processes; set "
                + "exchange to aeron-udp or aeron-ipc, as for the hosts.");
        }
        return settings(true);
    }

    /** What was chosen for a process that a coordinator tells which expert hosts there are. */
    ExpertSettings joined() {
        requireNames();
        requireNetwork(1);
        Pace.of(pace, 0, 1);
        return ExpertSettings.remote(exchange, Map.copyOf(aeron), List.of(), placement(), List.of()).withMostHosts(1)
            .withNetwork(Map.copyOf(network)).withPace(Map.copyOf(pace));
    }

    /** Brings the address of a host that joins into one form; throws if hosts cannot be reached there. */
    UnaryOperator<String> addressCheck() {
        return address -> {
            if (!BETWEEN_PROCESSES.contains(exchange)) {
                throw new ConfigurationException("Expert hosts cannot join here, since the exchange is " + exchange
                    + "; start this server with --exchange aeron-udp or aeron-ipc, and --max-hosts.");
            }
            if (!AERON_UDP.equals(exchange)) {
                return address;
            }
            final UdpAddress udp = UdpAddress.parse(address);
            if (udp.host().isAnyLocalAddress() || udp.host().isMulticastAddress()) {
                throw new ConfigurationException("'" + address + "' is no address that others can reach a host at; "
                    + "give one of its machine's own.");
            }
            if (!udp.isLoopback()) {
                requireInsecureNetwork(address);
            }
            return udp.toString();
        };
    }

    private ExpertSettings settings(final boolean coordinates) {
        requireNames();
        if (placement != null && !experts.isEmpty()) {
            throw Setting.contradiction(options, "placement", "experts", LEAVE_ONE_OUT);
        }
        if (replicas != null && !experts.isEmpty()) {
            throw Setting.contradiction(options, "replicas", "experts", "leave the first out and list an expert for as "
                + "many hosts as shall hold it");
        }
        final boolean betweenProcesses = BETWEEN_PROCESSES.contains(exchange);
        if (!aeron.isEmpty() && ExpertSettings.IN_PROCESS.equals(exchange)) {
            throw Setting.contradiction(options, "aeron", EXCHANGE, "choose aeron-udp or aeron-ipc, or leave the first "
                + "out");
        }
        final boolean joinable = betweenProcesses && (maxHosts != null || coordinates);
        final ExpertSettings known = expertHosts.isEmpty() && !joinable ? local(betweenProcesses) : remote();
        final ExpertSettings settings = known.withMostHosts(maxHosts != null ? maxHosts
            : coordinates ? Math.max(ROOM_OF_COORDINATORS, known.mostHosts()) : known.mostHosts());
        requireNetwork(settings.mostHosts());
        Pace.of(pace, 0, settings.mostHosts());
        return settings.withReplicas(replicas == null ? 1 : replicas).withNetwork(Map.copyOf(network))
            .withPace(Map.copyOf(pace));
    }

    private void requireNetwork(final int hostCount) {
        final int lastPeer = new NetworkSettings(network).lastPeer();
        if (lastPeer >= hostCount) {
            throw new ConfigurationException(Setting.written(options, "network") + " is about host " + lastPeer
                + ", but there are " + hostCount + " hosts; number them from 0.");
        }
    }

    private ExpertSettings remote() {
        if (hosts != null) {
            throw Setting.contradiction(options, "hosts", EXPERT_HOSTS, LEAVE_ONE_OUT + ": the first are in this "
                + "process, the second elsewhere");
        }
        if (ExpertSettings.IN_PROCESS.equals(exchange)) {
            throw Setting.contradiction(options, EXPERT_HOSTS, EXCHANGE, "set the exchange to aeron-udp or aeron-ipc, "
                + "or leave the hosts out");
        }
        requireListForEach(expertHosts.size(), EXPERT_HOSTS);
        requireDistinct();
        requireLoopback();
        return ExpertSettings.remote(exchange, Map.copyOf(aeron), List.copyOf(expertHosts), placement(),
            List.copyOf(experts));
    }

    private void requireNames() {
        Setting.requireKnown(options, EXCHANGE, exchange, NamedServices.all(ExpertExchangeProvider.class).keySet());
        Setting.requireKnown(options, "placement", placement(),
            NamedServices.all(PlacementAlgorithm.class).keySet());
    }

    private ExpertSettings local(final boolean betweenProcesses) {
        if (betweenProcesses) {
            throw Setting.contradiction(options, EXCHANGE, hosts == null ? EXPERT_HOSTS : "hosts",
                "list the addresses of the hosts in expert-hosts, or choose the exchange in-process");
        }
        if (maxHosts != null) {
            throw Setting.contradiction(options, "max-hosts", EXCHANGE, "leave the first out, since nobody can join a "
                + "process, or choose aeron-udp or aeron-ipc");
        }
        final int count = hosts == null ? Math.max(1, experts.size()) : hosts;
        if (count < 1) {
            throw new ConfigurationException("hosts is " + count + "; choose 1 or more.");
        }
        requireListForEach(count, "hosts");
        return ExpertSettings.local(exchange, count, placement(), List.copyOf(experts));
    }

    private void requireListForEach(final int count, final String hostsName) {
        if (!experts.isEmpty() && experts.size() != count) {
            throw Setting.contradiction(options, "experts", hostsName, "give one list for each of the " + count
                + " hosts");
        }
    }

    /** Two hosts cannot listen in one place; over UDP each takes two ports. */
    private void requireDistinct() {
        final Map<String, String> taken = new HashMap<>();
        for (final String host : expertHosts) {
            final List<String> places = new ArrayList<>(List.of(host));
            if (AERON_UDP.equals(exchange)) {
                final UdpAddress address = UdpAddress.parse(host);
                places.set(0, address.withPort(address.port()));
                places.add(address.withPort(address.port() + 1));
            }
            for (final String place : places) {
                final String other = taken.putIfAbsent(place, host);
                if (other != null) {
                    throw new ConfigurationException(Setting.written(options, EXPERT_HOSTS) + " gives " + place
                        + " to two hosts, '" + other + "' and '" + host + "'; each needs an address of its own"
                        + (AERON_UDP.equals(exchange) ? " and the port after it." : "."));
                }
            }
        }
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

    /** Refuses a pace when no host runs in this process. */
    void requireHostsForPace() {
        if (!pace.isEmpty() && BETWEEN_PROCESSES.contains(exchange)) {
            throw Setting.contradiction(options, "pace", expertHosts.isEmpty() ? EXCHANGE : EXPERT_HOSTS,
                "give the pace to the expert-host command of each");
        }
    }

    /** Refuses an address that is not of this machine alone, unless the operator allowed it, and warns then. */
    void requireInsecureNetwork(final String address) {
        if (!insecureNetwork) {
            throw new ConfigurationException(address + " can be reached from other machines, and traffic is neither "
                + "authenticated nor encrypted yet; use a loopback address, or --insecure-network on a network you "
                + "trust.");
        }
        if (!warned.add(address)) {
            return;
        }
        LOG.warn("{} can be reached from other machines, without authentication or encryption.", address);
    }
}
