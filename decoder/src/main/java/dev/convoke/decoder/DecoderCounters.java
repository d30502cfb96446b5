package dev.convoke.decoder;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;

/** What a decoder counts; written by its thread. */
final class DecoderCounters {
    final Counter steps;
    final Counter promptRows;
    final Counter decodeRows;
    final Counter tokens;
    final Counter preemptions;
    final Counter finished;
    final Counter cancelled;
    final Counter failed;

    DecoderCounters(final Counters registry) {
        steps = registry.register("decoder_steps", "Forward passes of a whole batch.");
        promptRows = registry.register("decoder_prefill_rows",
            "Rows computed for prompts, and again after a preemption.");
        decodeRows = registry.register("decoder_decode_rows", "Rows computed one a sequence and step.");
        tokens = registry.register("decoder_tokens", "Tokens sampled.");
        preemptions = registry.register("decoder_preemptions", "Sequences that gave their pages to older ones.");
        finished = registry.register("decoder_requests_finished", "Requests that ended by end token or length.");
        cancelled = registry.register("decoder_requests_cancelled", "Requests that ended by cancellation.");
        failed = registry.register("decoder_requests_failed", "Requests that ended by an error.");
    }

    void onEnd(final FinishReason reason) {
        switch (reason) {
            case CANCELLED -> cancelled.increment();
            case ERROR -> failed.increment();
            default -> finished.increment();
        }
    }
}
