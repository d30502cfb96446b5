package dev.convoke.bench.model;

import dev.convoke.bench.GaugeSum;
import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenStream;
import dev.convoke.server.Refusal;
import dev.convoke.server.deployment.ServedDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Runs tests on a decoder and says how long their phases took, by the decoder's own times, and what their steps read
 * and computed: bytes of the weights as they are packed, an expert once for each step that had rows for it.
 */
final class ModelRun {
    /** Of both phases; either is null where the test has none. */
    record Phases(PhaseSample prompt, PhaseSample generation) {
    }

    private final ServedDecoder served;
    private final StepLog log;
    private final ModelCosts costs;
    private final SplittableRandom random;
    private final double decoderBytes;
    private final double expertBytes;
    private final double allBytes;

    /** The log observes the decoder. */
    ModelRun(final ServedDecoder served, final StepLog log, final long seed) {
        this.served = served;
        this.log = log;
        this.costs = new ModelCosts(served.configuration());
        this.random = new SplittableRandom(seed);
        final double experts = GaugeSum.of(served.counters(), "expert_host_experts");
        this.decoderBytes = GaugeSum.of(served.counters(), "decoder_weight_bytes");
        this.expertBytes = GaugeSum.of(served.counters(), "expert_host_weight_bytes") / experts;
        this.allBytes = decoderBytes + expertBytes * experts;
    }

    /** Bytes of all weights, as they are packed. */
    double weightBytes() {
        return allBytes;
    }

    Phases run(final ModelTest test) throws InterruptedException {
        log.clear();
        final List<GenerationRequest> requests = requests(test);
        Refusal.submitOrThrow(served, requests);
        final List<TokenStream> streams = requests.stream().map(GenerationRequest::stream).toList();
        for (final TokenStream stream : streams) {
            stream.awaitFinish();
            if (stream.error() != null) {
                throw new ConvokeException(stream.error());
            }
        }
        awaitIdle();
        final long startedNs = streams.stream().mapToLong(TokenStream::startedNs).min().orElseThrow();
        final long promptsNs = streams.stream().mapToLong(TokenStream::firstTokenNs).max().orElseThrow();
        // From then on fewer run together.
        final long endedNs = streams.stream().mapToLong(TokenStream::finishedNs).min().orElseThrow();
        return new Phases(
            test.promptTokens() == 1 ? null
                : sample((long)test.parallel() * test.promptTokens(), startedNs, promptsNs),
            test.generatedTokens() == 0 ? null
                : sample(log.between(promptsNs, endedNs).logitRows(), promptsNs, endedNs));
    }

    private List<GenerationRequest> requests(final ModelTest test) {
        final List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < test.parallel(); i++) {
            final int[] prompt = random.ints(test.promptTokens(), 0, served.vocabularySize()).toArray();
            requests.add(GenerationRequest.of(prompt).maxTokens(test.generatedTokens() + 1).build());
        }
        return requests;
    }

    private PhaseSample sample(final long tokens, final long fromNs, final long toNs) {
        final StepLog.StepSums sums = log.between(fromNs, toNs);
        return new PhaseSample(tokens, (toNs - fromNs) / 1e9,
            sums.steps() * decoderBytes + sums.expertsRead() * expertBytes,
            sums.rows() * costs.operationsPerRow() + sums.logitRows() * costs.operationsPerLogitRow());
    }

    /** A step's last streams end a moment before the step does. */
    private void awaitIdle() {
        while (served.load().running() > 0) {
            Thread.onSpinWait();
        }
    }
}
