package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.decoder.TokenStream;
import java.util.List;

/** How long a request took, in milliseconds, as its answer tells it. */
final class RequestTimes {
    private static final double NS_PER_MS = 1e6;
    private static final double NS_PER_S = 1e9;

    private RequestTimes() {
    }

    /** Of a request whose choices have been followed to their ends; the last of them counts, and the first token. */
    static ObjectNode of(final List<Choice> choices) throws InterruptedException {
        long started = Long.MAX_VALUE;
        long first = Long.MAX_VALUE;
        long finished = Long.MIN_VALUE;
        long betweenNs = 0;
        int between = 0;
        int tokens = 0;
        for (final Choice choice : choices) {
            final TokenStream stream = choice.request().stream();
            // One that a stop string ended is still on its way out of the batch.
            stream.awaitFinish();
            finished = Math.max(finished, stream.finishedNs());
            if (stream.tokens() > 0) {
                started = Math.min(started, stream.startedNs());
                first = Math.min(first, stream.firstTokenNs());
                betweenNs += stream.finishedNs() - stream.firstTokenNs();
                between += stream.tokens() - 1;
                tokens += choice.tokens();
            }
        }
        final long submitted = choices.getFirst().request().stream().submittedNs();
        final ObjectNode times = Json.object();
        times.put("e2e_latency_ms", milliseconds(finished - submitted));
        if (tokens > 0) {
            times.put("queue_time_ms", milliseconds(started - submitted));
            times.put("time_to_first_token_ms", milliseconds(first - submitted));
            times.put("prefill_time_ms", milliseconds(first - started));
            times.put("generation_time_ms", milliseconds(finished - first));
            times.put("tokens_per_second", rounded(tokens * NS_PER_S / Math.max(1, finished - started)));
        }
        if (between > 0) {
            times.put("mean_itl_ms", milliseconds(betweenNs / between));
        }
        return times;
    }

    private static double milliseconds(final long durationNs) {
        return rounded(durationNs / NS_PER_MS);
    }

    private static double rounded(final double value) {
        return Math.round(value * 1_000) / 1_000.0;
    }
}
