package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.DType;
import dev.convoke.gating.BalanceFigures;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares the demo model with the reference beside it. */
class TinyMoeTest {
    private static final int END_TOKEN = 1;
    private static final double BF16_TIE = 0.1;

    private static JsonNode reference() throws IOException {
        return new ObjectMapper().readTree(Models.TINY_MOE.path().resolve("reference.json").toFile());
    }

    private static int[] integers(final JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void shouldContinuePromptsAsReferenceWhenGreedy(final DType dtype) throws IOException {
        final JsonNode cases = reference().get("greedy");
        final List<GenerationRequest> requests = new ArrayList<>();
        for (final JsonNode each : cases) {
            requests.add(GenerationRequest.of(integers(each.get("prompt_ids"))).maxTokens(48).endTokens(END_TOKEN)
                .build());
        }
        try (TestCluster cluster = TestCluster.of(Models.TINY_MOE).dtype(dtype).start()) {
            cluster.run(requests.toArray(GenerationRequest[]::new));
        }
        assertEquals(10, requests.size());
        for (int i = 0; i < requests.size(); i++) {
            assertAgrees(cases.get(i), requests.get(i).stream(), dtype);
        }
    }

    /** Token by token; in bf16 up to the first step where the reference itself hardly prefers one token. */
    private static void assertAgrees(final JsonNode expected, final TokenStream stream, final DType dtype) {
        final int[] tokens = integers(expected.get("token_ids"));
        final JsonNode gaps = expected.get("gaps");
        for (int i = 0; i < tokens.length; i++) {
            if (dtype == DType.BF16 && gaps.get(i).asDouble() < BF16_TIE) {
                return;
            }
            assertEquals(tokens[i], stream.token(i), "token " + i + " of " + expected.get("prompt"));
        }
        assertEquals(tokens.length, stream.tokens());
        assertEquals(tokens[tokens.length - 1] == END_TOKEN ? FinishReason.STOP : FinishReason.LENGTH,
            stream.finishReason());
    }

    @ParameterizedTest
    @CsvSource({"F32, 0.001", "BF16, 0.005"})
    void shouldScorePassagesAsReference(final DType dtype, final double tolerance) throws IOException {
        final JsonNode passages = reference().get("passages");
        final List<GenerationRequest> requests = new ArrayList<>();
        for (final JsonNode passage : passages) {
            requests.add(GenerationRequest.of(integers(passage.get("token_ids"))).maxTokens(0).promptLogprobs(true)
                .build());
        }
        final Loads loads = new Loads();
        try (TestCluster cluster = TestCluster.of(Models.TINY_MOE).dtype(dtype).observer(loads).start()) {
            cluster.run(requests.toArray(GenerationRequest[]::new));
        }
        if (dtype == DType.F32) {
            loads.assertEqual(passages);
        }
        double expected = 0;
        double actual = 0;
        double worst = 0;
        for (int i = 0; i < requests.size(); i++) {
            final double expectedMean = passages.get(i).get("mean_nll").asDouble();
            final double actualMean = meanNegativeLogLikelihood(requests.get(i));
            expected += expectedMean;
            actual += actualMean;
            worst = Math.max(worst, Math.abs(actualMean / expectedMean - 1));
        }
        System.out.printf("%s: mean negative log-likelihood off by %.2g, of the worst passage by %.2g%n", dtype,
            actual / expected - 1, worst);
        assertEquals(expected, actual, tolerance * expected);
        assertTrue(worst <= tolerance, "worst passage off by " + worst);
    }

    private static double meanNegativeLogLikelihood(final GenerationRequest request) {
        final TokenScores scores = request.stream().promptScores();
        double sum = 0;
        for (int i = 1; i < request.promptLength(); i++) {
            sum -= scores.logprob(i);
        }
        return sum / (request.promptLength() - 1);
    }

    @Test
    void shouldCountLikelihoodOfSampledTokensLikeThatOfPromptTokens() throws IOException {
        final int[] prompt = integers(reference().get("greedy").get(0).get("prompt_ids"));
        final GenerationRequest sampled = GenerationRequest.of(prompt).maxTokens(8).topLogprobs(3).build();
        try (TestCluster cluster = TestCluster.of(Models.TINY_MOE).start()) {
            cluster.run(sampled);
            final int[] tokens = TestCluster.tokens(sampled);
            final int[] all = Arrays.copyOf(prompt, prompt.length + tokens.length);
            System.arraycopy(tokens, 0, all, prompt.length, tokens.length);
            final GenerationRequest scored = GenerationRequest.of(all).maxTokens(0).topLogprobs(3).promptLogprobs(true)
                .build();
            cluster.run(scored);
            for (int i = 0; i < tokens.length; i++) {
                final int position = prompt.length + i;
                assertEquals(scored.stream().promptScores().logprob(position), sampled.stream().scores().logprob(i));
                assertEquals(tokens[i], scored.stream().promptScores().topToken(position, 0));
                assertEquals(scored.stream().promptScores().topLogprob(position, 2),
                    sampled.stream().scores().topLogprob(i, 2));
            }
        }
    }

    /** How many rows each expert got. */
    private static final class Loads implements StepObserver {
        private final BalanceFigures figures = new BalanceFigures(6, 8);

        @Override
        public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits,
            final RoutingPlan plan) {
            figures.observe(layer, logits, plan);
        }

        void assertEqual(final JsonNode passages) {
            for (int layer = 0; layer < figures.layers(); layer++) {
                for (int expert = 0; expert < 8; expert++) {
                    long expected = 0;
                    for (final JsonNode passage : passages) {
                        expected += passage.get("expert_load").get(layer).get(expert).asLong();
                    }
                    assertEquals(expected, figures.count(layer, expert), "layer " + layer + " expert " + expert);
                }
            }
        }
    }
}
