package dev.convoke.experthost;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.transport.codec.ErrorCode;
import java.util.Locale;

/** What a host counts; advanced by the thread that runs it. */
final class HostCounters {
    final Counter dispatches;
    final Counter rows;
    final Counter batches;
    final Counter expertRuns;
    final Counter results;
    final Counter combines;
    final Counter backPressured;
    final Counter answersDropped;
    final Counter hellos;
    final Counter malformed;
    final Counter unexpected;
    final Counter overflowed;
    final Counter refusals;
    final Counter repliesSuppressed;
    final Counter repliesDropped;
    private final Counter[] refusedByCode = new Counter[ErrorCode.DRAINING.value() + 1];

    HostCounters(final Counters registry) {
        dispatches = registry.register("dispatches", "Dispatch frames accepted");
        rows = registry.register("rows", "Hidden rows accepted, each once however many experts want it");
        batches = registry.register("batches", "Grouped FFNs computed");
        expertRuns = registry.register("expert_runs", "Experts computed, once in each grouped FFN");
        results = registry.register("results", "Expert output rows computed");
        combines = registry.register("combines", "Combine frames sent");
        backPressured = registry.register("back_pressured", "Answers that found no room at once");
        answersDropped = registry.register("answers_dropped", "Combine frames given up: decoder gone or not reading");
        hellos = registry.register("hellos", "Hello frames answered with a welcome");
        malformed = registry.register("frames_malformed", "Frames dropped because they are damaged or foreign");
        unexpected = registry.register("frames_unexpected", "Frames dropped because hosts do not take their kind");
        overflowed = registry.register("frames_overflowed", "Dispatches dropped because the port brought too many");
        refusals = registry.register("refusals", "Refusals sent");
        repliesSuppressed = registry.register("replies_suppressed", "Refusals and welcomes withheld: asked too often");
        repliesDropped = registry.register("replies_dropped", "Refusals and welcomes given up: decoder not reading");
        for (int code = 1; code < refusedByCode.length; code++) {
            final ErrorCode error = ErrorCode.get((short)code);
            refusedByCode[code] = registry.register("refused_" + error.name().toLowerCase(Locale.ROOT),
                "Frames refused with " + error + ", whether or not a refusal was sent");
        }
    }

    /** Frames refused with one code. */
    Counter refused(final ErrorCode code) {
        return refusedByCode[code.value()];
    }
}
