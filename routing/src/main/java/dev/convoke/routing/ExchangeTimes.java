package dev.convoke.routing;

import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import dev.convoke.core.timing.Timings;
import java.util.Map;

/**
 * Says what exchanges waited for, from the timings that hosts send back. A host's round trip is its queue, its experts
 * and, what is left, the network with everything that carries frames. The wait of an exchange is its slowest host's, or
 * that of all hosts where they take turns: of a wait, as much as they computed counts as expert, then the slowest one's
 * queue, and the rest as network. What hosts say is bounded by what was measured here. Owned by the decoder's thread;
 * does not allocate after construction.
 */
final class ExchangeTimes {
    /** What the decoder waited for in each layer. */
    static final String LAYER_WAIT = "moe_layer_wait_seconds";
    /** Where a host's round trips went. */
    static final String HOST = "moe_host_seconds";

    private static final String PART = "part";
    private static final long NO_PART = -1;

    private final StageClock stages;
    private final boolean hostsTakeTurns;
    private final HostMeasures<RoundTrip> roundTrips;
    private final DurationTotal[] layerNetwork;
    private final DurationTotal[] layerQueue;
    private final DurationTotal[] layerExpert;
    /** Of the exchange that is not recorded yet, by host; negative where a host had no part in it. */
    private final long[] networkNs;
    private final long[] queueNs;
    private final long[] expertNs;
    private boolean isUnsettled;
    private long waitedBeforeNs;

    /** The parts of round trips to one host. */
    private record RoundTrip(DurationRecorder network, DurationRecorder queue, DurationRecorder expert) {
    }

    ExchangeTimes(final RoutingContext context) {
        final Timings timings = context.timings();
        stages = context.stageClock();
        hostsTakeTurns = context.hostsTakeTurns();
        roundTrips = new HostMeasures<>(context.hostAddresses(), address -> new RoundTrip(
            recorder(timings, address, "network"), recorder(timings, address, "queue"),
            recorder(timings, address, "expert")));
        final int hosts = context.hostAddresses().size();
        networkNs = new long[hosts];
        queueNs = new long[hosts];
        expertNs = new long[hosts];
        final int layers = context.model().layers();
        layerNetwork = new DurationTotal[layers];
        layerQueue = new DurationTotal[layers];
        layerExpert = new DurationTotal[layers];
        for (int layer = 0; layer < layers; layer++) {
            layerNetwork[layer] = total(timings, layer, "network");
            layerQueue[layer] = total(timings, layer, "queue");
            layerExpert[layer] = total(timings, layer, "expert");
        }
    }

    /** Another host has a number from now on. Between steps. */
    void assign(final int host, final String address) {
        roundTrips.assign(host, address);
    }

    private static DurationRecorder recorder(final Timings timings, final String address, final String part) {
        return timings.recorder(HOST, Map.of("host", address, PART, part),
            "Round trip of an exchange to a host, in parts: its queue, its expert computation, the network.");
    }

    private static DurationTotal total(final Timings timings, final int layer, final String part) {
        return timings.total(LAYER_WAIT, Map.of("layer", String.valueOf(layer), PART, part),
            "What the wait stage of a layer waited for at its slowest host, all steps together.");
    }

    /** Before anything of an exchange is sent. */
    void begin() {
        waitedBeforeNs = stages.spentNs(Stage.WAIT);
    }

    /** After the wait for an exchange that is complete; the clock has left the stage. {@link #settle} records it. */
    void complete(final ExchangeHandle handle, final int hosts) {
        settle();
        HostShare slowest = null;
        long computedNs = 0;
        for (int host = 0; host < hosts; host++) {
            final HostShare share = handle.share(host);
            networkNs[host] = NO_PART;
            if (share.hasAnswered()) {
                divideRoundTrip(host, share);
                computedNs += expertNs[host];
                slowest = slowest == null || share.isAnsweredAfter(slowest) ? share : slowest;
            }
        }
        isUnsettled = slowest != null;
        if (isUnsettled && stages.isRunning()) {
            divideWait(handle.layer(), slowest, hostsTakeTurns ? computedNs : slowest.computeNs());
        }
    }

    private void divideRoundTrip(final int host, final HostShare share) {
        final long roundTripNs = Math.max(0, share.roundTripNs());
        expertNs[host] = Math.clamp(share.computeNs(), 0, roundTripNs);
        queueNs[host] = Math.clamp(share.queueNs(), 0, roundTripNs - expertNs[host]);
        networkNs[host] = roundTripNs - expertNs[host] - queueNs[host];
    }

    /** Records the round trips of the last exchange: while hosts compute the next one, or between steps. */
    void settle() {
        if (!isUnsettled) {
            return;
        }
        isUnsettled = false;
        for (int host = 0; host < networkNs.length; host++) {
            if (networkNs[host] != NO_PART) {
                final RoundTrip trip = roundTrips.of(host);
                trip.expert().record(expertNs[host]);
                trip.queue().record(queueNs[host]);
                trip.network().record(networkNs[host]);
            }
        }
    }

    private void divideWait(final int layer, final HostShare slowest, final long computedNs) {
        final long waitNs = stages.spentNs(Stage.WAIT) - waitedBeforeNs;
        final long expertNs = Math.clamp(computedNs, 0, waitNs);
        final long queueNs = Math.clamp(slowest.queueNs(), 0, waitNs - expertNs);
        layerExpert[layer].add(expertNs);
        layerQueue[layer].add(queueNs);
        layerNetwork[layer].add(waitNs - expertNs - queueNs);
    }
}
