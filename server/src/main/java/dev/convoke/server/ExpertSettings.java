package dev.convoke.server;

import dev.convoke.core.ConfigurationException;
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
 */
public record ExpertSettings(String exchange, boolean local, Map<String, String> aeron, List<String> addresses,
    String placement, int replicas, List<String> lists, Map<String, String> network, Map<String, String> pace) {
    /** The exchange that stays within the process. */
    public static final String IN_PROCESS = "in-process";

    /** So many expert hosts in the decoder's process, on its thread. */
    public static ExpertSettings local(final String exchange, final int hosts, final String placement,
        final List<String> lists) {
        final List<String> addresses = IntStream.range(0, hosts).mapToObj(i -> "host-" + i).toList();
        return new ExpertSettings(exchange, true, Map.of(), addresses, placement, 1, lists, Map.of(), Map.of());
    }

    /** Expert hosts in other processes. */
    public static ExpertSettings remote(final String exchange, final Map<String, String> aeron,
        final List<String> addresses, final String placement, final List<String> lists) {
        return new ExpertSettings(exchange, false, aeron, addresses, placement, 1, lists, Map.of(), Map.of());
    }

    /** These, with every expert on so many hosts; a host holds an expert once. */
    public ExpertSettings withReplicas(final int number) {
        if (number < 1 || number > addresses.size()) {
            throw new ConfigurationException("replicas is " + number + " and there " + (addresses.size() == 1
                ? "is 1 host" : "are " + addresses.size() + " hosts") + ", each of which holds an expert once; choose "
                + "1 to " + addresses.size() + ", or add hosts.");
        }
        return new ExpertSettings(exchange, local, aeron, addresses, placement, number, lists, network, pace);
    }

    /** These, with a modelled network. */
    public ExpertSettings withNetwork(final Map<String, String> settings) {
        return new ExpertSettings(exchange, local, aeron, addresses, placement, replicas, lists, settings, pace);
    }

    /** These, with paced hosts. */
    public ExpertSettings withPace(final Map<String, String> settings) {
        return new ExpertSettings(exchange, local, aeron, addresses, placement, replicas, lists, network, settings);
    }

    /** Whether a thread of this process keeps to the clock. */
    public boolean isTimed() {
        return !network.isEmpty() || !pace.isEmpty();
    }
}
