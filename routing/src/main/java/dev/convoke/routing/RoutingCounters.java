package dev.convoke.routing;

import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.core.Gauge;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/** What a routing service counts; all advanced by its thread. An entry is one (row, slot) of a plan. */
final class RoutingCounters {
    final Counter exchanges;
    final Counter exchangesTimedOut;
    final Counter exchangesRefused;
    final Counter entries;
    final Counter exceededEntries;
    final Counter spilledEntries;
    final Counter reroutedEntries;
    final Counter droppedEntries;
    final Counter framesSent;
    final Counter frameCopies;
    final Counter rowsSent;
    final Counter resends;
    final Counter[] failovers;
    final Counter hedges;
    final Counter trials;
    final Counter offersBackPressured;
    final Counter answers;
    final Counter answersRepeated;
    final Counter answersStale;
    final Counter answersForeign;
    final Counter resultsTaken;
    final Counter resultsDuplicate;
    final Counter resultsForeign;
    final Counter framesMalformed;
    final Counter framesWrongVersion;
    final Counter framesUnexpected;
    final Counter welcomes;
    final Counter refusals;
    final Counter localWorkErrors;
    final Gauge placementEpoch;
    final Counter[] layerEntries;
    final Counter[] busiestExpertEntries;
    final Counter[] busiestHostEntries;

    private final HostMeasures<OfHost> hosts;

    /** What one host was sent and said; what it computed in other numerics by their rank, null for the decoder's. */
    record OfHost(Counter dispatchRows, Counter dispatchBytes, Counter combineRows, Counter combineBytes,
        Counter queueNs, Counter computeNs, Counter[] otherNumerics) {
        private static OfHost register(final Counters host, final AcceptedNumerics accepted) {
            return new OfHost(host.register("moe_dispatch_rows", "Rows sent to this host."),
                host.register("moe_dispatch_bytes", "Bytes of dispatch frames sent to this host."),
                host.register("moe_combine_rows", "Result rows of this host that answered an entry."),
                host.register("moe_combine_bytes", "Bytes of combine frames of this host."),
                host.register("moe_host_queue_ns", "Time that rows waited at this host, summed over its answers."),
                host.register("moe_host_compute_ns",
                    "Time of expert computation at this host, summed over its answers."),
                accepted.preferred().stream().map(id -> id.equals(accepted.own()) ? null
                    : host.labelled("numerics", id.toString()).register("moe_other_numerics_entries",
                        "Expert choices that this host computed in numerics that are not the decoder's own."))
                    .toArray(Counter[]::new));
        }
    }

    RoutingCounters(final RoutingContext context) {
        final Counters counters = context.counters();
        exchanges = counters.register("routing_exchanges", "Exchanges started.");
        exchangesTimedOut = counters.register("routing_exchanges_timed_out", "Exchanges given up at their deadline.");
        exchangesRefused = counters.register("routing_exchanges_refused", "Exchanges that a host refused.");
        entries = counters.register("routing_entries", "Expert choices of all rows dispatched.");
        exceededEntries = counters.register("moe_capacity_exceeded_entries",
            "Expert choices beyond what the capacity factor gives an expert on one host.");
        spilledEntries = counters.register("moe_capacity_spilled_entries",
            "Expert choices sent to another replica for want of capacity at the first; no bit depends on it.");
        reroutedEntries = counters.register("moe_capacity_rerouted_entries",
            "Expert choices given to the row's next likeliest expert that had room.");
        framesSent = counters.register("routing_frames_sent", "Dispatch frames that hosts were sent, without copies.");
        frameCopies = counters.register("moe_frame_copies",
            "Copies of dispatch frames that hosts were sent since frames get lost on the way.");
        rowsSent = counters.register("routing_rows_sent", "Rows in dispatch frames; a row counts once for each host.");
        resends = counters.register("routing_resends", "Times a host was asked again for what it had not answered.");
        failovers = Arrays.stream(Failover.Reason.values()).map(reason -> counters
            .labelled("reason", reason.name().toLowerCase(Locale.ROOT))
            .register("moe_failover",
                "Times that a host's rows of an exchange, or of all to come, were given to others, by reason."))
            .toArray(Counter[]::new);
        hedges = counters.register("moe_hedges",
            "Times that others were asked for what a host nearly always answers sooner.");
        trials = counters.register("moe_trials",
            "Times that a host was sent a copy of what another computes, to see how it does.");
        offersBackPressured = counters.register("routing_offers_back_pressured", "Frames a host had no room for yet.");
        answers = counters.register("routing_answers", "Answers to an exchange in flight.");
        answersRepeated = counters.register("routing_answers_repeated",
            "Copies of answers that had come already, and were dropped.");
        answersStale = counters.register("routing_answers_stale", "Answers to an exchange that has ended.");
        answersForeign = counters.register("routing_answers_foreign",
            "Frames whose decoder, model, numerics, layer or row size is not this decoder's.");
        resultsTaken = counters.register("routing_results_taken", "Result rows that answered an entry.");
        resultsDuplicate = counters.register("routing_results_duplicate", "Result rows that were there already.");
        resultsForeign = counters.register("routing_results_foreign",
            "Result rows for an entry that does not exist or that another host or expert was asked for.");
        framesMalformed = counters.register("routing_frames_malformed", "Frames that are not of the protocol.");
        framesWrongVersion = counters.register("routing_frames_wrong_version", "Frames of another protocol version.");
        framesUnexpected = counters.register("routing_frames_unexpected", "Frames that only a host may get.");
        welcomes = counters.register("routing_welcomes", "Lists of experts that hosts introduced themselves with.");
        refusals = counters.register("routing_refusals", "Refusals by hosts.");
        localWorkErrors = counters.register("routing_local_work_errors", "Failures of expert hosts on this thread.");
        droppedEntries = counters.register("moe_dropped_tokens",
            "Expert choices left out of a row's sum, since no expert had room; 0 unless the capacity policy drops.");
        placementEpoch = counters.registerGauge("moe_placement_epoch", "Epoch of the placement in force.");
        counters.registerGauge("moe_experts", "Experts of a layer.").set(context.model().experts());
        hosts = new HostMeasures<>(context.hostAddresses(),
            address -> OfHost.register(counters.labelled("host", address), context.acceptedNumerics()));
        layerEntries = perLayer(context, "moe_exchange_entries", "Expert choices dispatched, by layer.");
        busiestExpertEntries = perLayer(context, "moe_busiest_expert_entries",
            "Expert choices dispatched to the busiest expert of each exchange, by layer.");
        busiestHostEntries = perLayer(context, "moe_busiest_host_entries",
            "Expert choices dispatched to the busiest host of each exchange, by layer.");
    }

    /** Another host has a number from now on. Between steps. */
    void assign(final int host, final String address) {
        hosts.assign(host, address);
    }

    OfHost ofHost(final int host) {
        return hosts.of(host);
    }

    private static Counter[] perLayer(final RoutingContext context, final String name, final String description) {
        return IntStream.range(0, context.model().layers()).mapToObj(layer -> context.counters()
            .labelled("layer", String.valueOf(layer)).register(name, description)).toArray(Counter[]::new);
    }
}
