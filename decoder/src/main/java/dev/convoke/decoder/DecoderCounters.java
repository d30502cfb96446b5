package dev.convoke.decoder;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.core.Histogram;
import java.util.stream.LongStream;

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
    final Histogram stepTokens;
    final Histogram interTokenNs;

    DecoderCounters(final Counters registry) {
        steps = registry.register("decoder_steps", "Forward passes of a whole batch.");
        promptRows = registry.register("decoder_prefill_rows",
            "Rows computed for prompts, and again after a preemption.");
        decodeRows = registry.register("decoder_decode_rows", "Rows computed one a sequence and step.");
        tokens = registry.register("vllm:generation_tokens", "Tokens sampled.");
        preemptions = registry.register("vllm:num_preemptions", "Sequences that gave their pages to older ones.");
        finished = registry.register("decoder_requests_finished", "Requests that ended by end token or length.");
        cancelled = registry.register("decoder_requests_cancelled", "Requests that ended by cancellation.");
        failed = registry.register("decoder_requests_failed", "Requests that ended by an error.");
        stepTokens = registry.registerHistogram("vllm:iteration_tokens_total", "Tokens computed by a step.",
            powersOfTwo(1, 18));
        interTokenNs = registry.registerHistogram("vllm:inter_token_latency_ns", "From a sequence's token to its next.",
            powersOfTwo(100_000, 26));
    }

    private static long[] powersOfTwo(final long first, final int count) {
        return LongStream.iterate(first, bound -> 2 * bound).limit(count).toArray();
    }

    void onEnd(final FinishReason reason) {
        switch (reason) {
            case CANCELLED -> cancelled.increment();
            case ERROR, UNAVAILABLE, REFUSED -> failed.increment();
            default -> finished.increment();
        }
    }
}
