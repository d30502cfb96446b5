package dev.convoke.server;

import java.util.List;

/**
 * Where the experts are.
 *
 * @param exchange       by name
 * @param aeronDirectory of the media driver; empty leaves the choice to the exchange
 * @param addresses      of the expert hosts; with the in-process exchange, of those to start
 * @param placement      algorithm by name, used where there are no lists
 * @param lists          what each host holds, written by hand; empty leaves it to the algorithm
 */
public record ExpertSettings(String exchange, String aeronDirectory, List<String> addresses, String placement,
    List<String> lists) {
    /** The exchange that stays within the process. */
    public static final String IN_PROCESS = "in-process";

    /** So many expert hosts in the decoder's process. */
    public static ExpertSettings inProcess(final int hosts, final String placement, final List<String> lists) {
        final List<String> addresses = java.util.stream.IntStream.range(0, hosts).mapToObj(i -> "host-" + i).toList();
        return new ExpertSettings(IN_PROCESS, "", addresses, placement, lists);
    }

    /** Whether the expert hosts run on the decoder's thread. */
    public boolean isInProcess() {
        return IN_PROCESS.equals(exchange);
    }
}
