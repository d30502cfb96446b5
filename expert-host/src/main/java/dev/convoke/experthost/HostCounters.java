package dev.convoke.experthost;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.core.Histogram;
import dev.convoke.transport.codec.ErrorCode;
import java.util.Locale;
import java.util.stream.LongStream;

/** What a host counts; advanced by the thread that runs it. */
final class HostCounters {
    final Counter dispatches;
    final Counter repeated;
    final Counter rows;
    final Counter batches;
    final Counter expertRuns;
    final Counter results;
    final Counter combines;
    final Counter combineCopies;
    final Counter backPressured;
    final Counter answersDropped;
    final Counter hellos;
    final Counter malformed;
    final Counter unexpected;
    final Counter overflowed;
    final Counter refusals;
    final Counter repliesSuppressed;
    final Counter repliesDropped;
    final Counter paceOverruns;
    final Counter loads;
    final Counter loadsFailed;
    final Counter frees;
    final Counter pieces;
    final Histogram batchRows;
    final Histogram queueNs;
    final Histogram computeNs;
    final Histogram deviceNs;
    final Histogram deviceCopyNs;
    private final Counter[] refusedByCode = new Counter[ErrorCode.DRAINING.value() + 1];

    HostCounters(final Counters registry) {
        dispatches = registry.register("expert_host_dispatches", "Dispatch frames accepted");
        repeated = registry.register("expert_host_dispatches_repeated",
            "Dispatch frames that had been accepted already, and were dropped");
        rows = registry.register("expert_host_rows", "Hidden rows accepted, each once however many experts want it");
        batches = registry.register("expert_host_batches", "Grouped FFNs computed");
        expertRuns = registry.register("expert_host_expert_runs", "Experts computed, once in each grouped FFN");
        results = registry.register("expert_host_results", "Expert output rows computed");
        combines = registry.register("expert_host_combines", "Combine frames sent, without copies");
        combineCopies = registry.register("expert_host_combine_copies",
            "Copies of combine frames sent, as decoders ask for where frames get lost");
        backPressured = registry.register("expert_host_back_pressured", "Answers that found no room at once");
        answersDropped = registry.register("expert_host_answers_dropped",
            "Combine frames given up: decoder gone or not reading");
        hellos = registry.register("expert_host_hellos", "Hello frames answered with a welcome");
        malformed = registry.register("expert_host_frames_malformed",
            "Frames dropped because they are damaged or foreign");
        unexpected = registry.register("expert_host_frames_unexpected",
            "Frames dropped because hosts do not take their kind");
        overflowed = registry.register("expert_host_frames_overflowed",
            "Dispatches dropped because the port brought too many");
        refusals = registry.register("expert_host_refusals", "Refusals sent");
        repliesSuppressed = registry.register("expert_host_replies_suppressed",
            "Refusals and welcomes withheld: asked too often");
        repliesDropped = registry.register("expert_host_replies_dropped",
            "Refusals and welcomes given up: decoder not reading");
        paceOverruns = registry.register("expert_host_pace_overruns",
            "Batches of a paced host that took longer than its pace");
        loads = registry.register("expert_host_loads", "Experts loaded while it served");
        loadsFailed = registry.register("expert_host_loads_failed", "Experts that could not be loaded while it served");
        frees = registry.register("expert_host_frees", "Experts freed while it served");
        pieces = registry.register("expert_host_expert_pieces", "Pieces of experts sent to hosts without a checkpoint");
        batchRows = registry.registerHistogram("expert_host_batch_rows", "Rows of a grouped FFN, of all its experts.",
            powersOfTwo(1, 14));
        queueNs = registry.registerHistogram("expert_host_queue_ns",
            "From the arrival of a dispatch frame to the computation of its layer.", powersOfTwo(1_000, 24));
        computeNs = registry.registerHistogram("expert_host_compute_ns", "Time that a grouped FFN takes.",
            powersOfTwo(1_000, 24));
        deviceNs = registry.registerHistogram("expert_host_device_ns",
            "Time that a device is at a grouped FFN, copies included; nothing on a CPU.", powersOfTwo(1_000, 24));
        deviceCopyNs = registry.registerHistogram("expert_host_device_copy_ns",
            "Part of a device's time that goes into copies.", powersOfTwo(1_000, 24));
        for (int code = 1; code < refusedByCode.length; code++) {
            final ErrorCode error = ErrorCode.get((short)code);
            refusedByCode[code] = registry.labelled("reason", error.name().toLowerCase(Locale.ROOT))
                .register("expert_host_frames_refused", "Frames refused, whether or not a refusal was sent");
        }
    }

    private static long[] powersOfTwo(final long first, final int count) {
        return LongStream.iterate(first, bound -> 2 * bound).limit(count).toArray();
    }

    /** Frames refused with one code. */
    Counter refused(final ErrorCode code) {
        return refusedByCode[code.value()];
    }
}
