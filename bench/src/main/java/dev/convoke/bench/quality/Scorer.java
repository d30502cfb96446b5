package dev.convoke.bench.quality;

import dev.convoke.bench.GaugeSum;
import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenScores;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.Refusal;
import dev.convoke.server.deployment.ServedDecoder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Scores texts with a decoder of its own, experts in the process. */
public final class Scorer {
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final int TOGETHER = 64;

    private final Passages passages;

    /** Of these texts. */
    public Scorer(final Passages passages) {
        this.passages = passages;
    }

    /**
     * Scores every text.
     *
     * @throws ConvokeException if the model cannot be loaded, or has no such tokens or not as many positions
     */
    public Scores score(final ModelSettings model) throws InterruptedException {
        try (ServedDecoder served = new ServedDecoder(model,
            ExpertSettings.local(ExpertSettings.IN_PROCESS, 1, "round-robin", List.of()), Optional.empty(),
            context -> context, routing -> routing, _ -> Optional.empty())) {
            return score(served);
        }
    }

    /**
     * Scores every text, as many together as fit.
     *
     * @throws ConvokeException if the model does not become ready, or has no such tokens or not as many positions
     */
    public Scores score(final ServedDecoder served) throws InterruptedException {
        if (!served.awaitReady(READY_LIMIT)) {
            throw new ConvokeException(String.join(" ", served.health().reasons()));
        }
        check(served);
        double sum = 0;
        int place = 0;
        final int[] likeliest = new int[passages.scored()];
        for (int first = 0; first < passages.tokens().size(); first += TOGETHER) {
            for (final TokenScores scores : scores(served, passages.tokens().subList(first,
                Math.min(first + TOGETHER, passages.tokens().size())))) {
                for (int i = 1; i < scores.capacity(); i++) {
                    sum -= scores.logprob(i);
                    likeliest[place++] = scores.topToken(i, 0);
                }
            }
        }
        return new Scores(sum / place, likeliest, weightBytes(served));
    }

    private void check(final ServedDecoder served) {
        final int vocabulary = served.vocabularySize();
        for (final int[] tokens : passages.tokens()) {
            for (final int token : tokens) {
                if (token >= vocabulary) {
                    throw new ConvokeException("The passages have the token " + token + ", but the model only has "
                        + vocabulary + "; score it with passages tokenised for it.");
                }
            }
        }
    }

    private static List<TokenScores> scores(final ServedDecoder served, final List<int[]> texts)
        throws InterruptedException {
        final List<GenerationRequest> requests = texts.stream().map(tokens -> GenerationRequest.of(tokens).maxTokens(0)
            .promptLogprobs(true).topLogprobs(1).build()).toList();
        Refusal.submitOrThrow(served, requests);
        for (final GenerationRequest request : requests) {
            request.stream().awaitFinish();
            if (request.stream().error() != null) {
                throw new ConvokeException(request.stream().error());
            }
        }
        return requests.stream().map(request -> request.stream().promptScores()).toList();
    }

    private static double weightBytes(final ServedDecoder served) {
        return GaugeSum.of(served.counters(), "decoder_weight_bytes")
            + GaugeSum.of(served.counters(), "expert_host_weight_bytes");
    }
}
