package dev.convoke.server;

import dev.convoke.core.ConfigurationException;
import dev.convoke.transport.ExpertExchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Where the experts are.
 *
 * @param exchange  by name
 * @param local     whether the decoder's own thread runs the expert hosts
 * @param aeron     settings of Aeron by name; what is not named is left to the exchange
 * @param addresses of the expert hosts
 * @param placement algorithm by name, used where there are no lists
 * @param replicas  hosts that shall hold each expert, where the algorithm places them
 * @param lists     what each host holds, written by hand; empty leaves it to the algorithm
 * @param network   a network to be modelled between this process and its peers, by name; empty for none
 * @param pace      of the expert hosts that run in this process, by name; empty for as fast as they are
 * @param mostHosts that there is room for; those of the addresses are known from the start, others may join
 */
public record ExpertSettings(String exchange, boolean local, Map<String, String> aeron, List<String> addresses,
    String placement, int replicas, List<String> lists, Map<String, String> network, Map<String, String> pace,
    int mostHosts) {
    /** The exchange that stays within the process. */
    public static final String IN_PROCESS = "in-process";

    /** So many expert hosts in the decoder's process, on its thread. */
    public static ExpertSettings local(final String exchange, final int hosts, final String placement,
        final List<String> lists) {
        final List<String> addresses = IntStream.range(0, hosts).mapToObj(i -> "host-" + i).toList();
        return new ExpertSettings(exchange, true, Map.of(), addresses, placement, 1, lists, Map.of(), Map.of(),
            hosts);
    }

    /** Expert hosts in other processes. */
    public static ExpertSettings remote(final String exchange, final Map<String, String> aeron,
        final List<String> addresses, final String placement, final List<String> lists) {
        return new ExpertSettings(exchange, false, aeron, addresses, placement, 1, lists, Map.of(), Map.of(),
            addresses.size());
    }

    /** These, with every expert on so many hosts; a host holds an expert once. */
    public ExpertSettings withReplicas(final int number) {
        if (number < 1 || number > mostHosts) {
            throw new ConfigurationException("replicas is " + number + " and there " + (mostHosts == 1
                ? "is 1 host" : "are " + mostHosts + " hosts") + ", each of which holds an expert once; choose "
                + "1 to " + mostHosts + ", or add hosts.");
        }
        return new ExpertSettings(exchange, local, aeron, addresses, placement, number, lists, network, pace,
            mostHosts);
    }

    /** These, with room for so many hosts, at least those that are known. */
    public ExpertSettings withMostHosts(final int number) {
        if (number < addresses.size() || number < 1) {
            throw new ConfigurationException("max-hosts is " + number + ", but expert-hosts names " + addresses.size()
                + "; raise the first to at least " + Math.max(1, addresses.size()) + ".");
        }
        return new ExpertSettings(exchange, local, aeron, addresses, placement, replicas, lists, network, pace,
            number);
    }

    /** Addresses by number, {@link ExpertExchange#NOBODY} for one that is free. */
    public List<String> hosts() {
        final List<String> hosts = new ArrayList<>(addresses);
        while (hosts.size() < mostHosts) {
            hosts.add(ExpertExchange.NOBODY);
        }
        return hosts;
    }

    /** These, with a modelled network. */
    public ExpertSettings withNetwork(final Map<String, String> settings) {
        return new ExpertSettings(exchange, local, aeron, addresses, placement, replicas, lists, settings, pace,
            mostHosts);
    }

    /** These, with paced hosts. */
    public ExpertSettings withPace(final Map<String, String> settings) {
        return new ExpertSettings(exchange, local, aeron, addresses, placement, replicas, lists, network, settings,
            mostHosts);
    }

    /** Whether a thread of this process keeps to the clock. */
    public boolean isTimed() {
        return !network.isEmpty() || !pace.isEmpty();
    }
}
