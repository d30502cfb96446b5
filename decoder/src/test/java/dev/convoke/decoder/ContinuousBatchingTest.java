package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever arrives when, is cancelled or loses its pages: every request ends with the tokens it gets alone. */
@Timeout(120)
class ContinuousBatchingTest {
    private static final int KINDS = 10;
    private static final int ROUNDS = 12;
    private static final int CHOICES = 3;
    private static final int MAX_TOKENS = 40;

    private final SplittableRandom random = Seeds.random("continuous batching");

    @Test
    void shouldGiveEveryRequestTheTokensItGetsAlone() {
        final int[][] prompts = new int[KINDS][];
        for (int kind = 0; kind < KINDS; kind++) {
            prompts[kind] = random.ints(random.nextInt(1, 70), 0, 512).toArray();
        }
        final int[][][] alone = new int[KINDS][CHOICES][];
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_SLIDING_WINDOW).start()) {
            for (int kind = 0; kind < KINDS; kind++) {
                for (int choice = 0; choice < CHOICES; choice++) {
                    final GenerationRequest request = request(prompts, kind, choice);
                    cluster.run(request);
                    alone[kind][choice] = TestCluster.tokens(request);
                }
            }
        }
        long preemptions = 0;
        for (int round = 0; round < ROUNDS; round++) {
            preemptions += serveMixed(prompts, alone);
        }
        assertTrue(preemptions > 0, "pages never ran out");
    }

    private GenerationRequest request(final int[][] prompts, final int kind, final int choice) {
        final SamplingParameters sampling = kind % 3 == 0 ? SamplingParameters.GREEDY
            : SamplingParameters.builder().temperature(0.5f + kind * 0.1f).topK(kind % 2 * 30)
                .topP(kind % 4 == 1 ? 0.9f : 1).minP(kind % 5 == 1 ? 0.05f : 0)
                .repetitionPenalty(kind % 2 == 1 ? 1.2f : 1).frequencyPenalty(kind % 5 == 2 ? 0.4f : 0)
                .logitBias(kind % 4 == 2 ? Map.of(7, 5f, 300, -5f) : Map.of()).seed(kind).choice(choice).build();
        return GenerationRequest.of(prompts[kind]).maxTokens(MAX_TOKENS).sampling(sampling)
            .promptLogprobs(kind % 4 == 0).build();
    }

    private long serveMixed(final int[][] prompts, final int[][][] alone) {
        final LogitsDigest digest = new LogitsDigest();
        final int sequences = random.nextInt(1, 9);
        final int budget = random.nextInt(sequences, 64);
        final int chunk = random.nextInt(1, budget + 1);
        final int pages = random.nextInt(7, 30);
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_SLIDING_WINDOW).hosts(random.nextInt(1, 4))
            .threads(random.nextInt(1, 3)).observer(digest).settings(context -> context.maxSequences(sequences)
                .tokenBudget(budget).prefillChunk(chunk).kvPages(pages)).start()) {
            final List<GenerationRequest> requests = new ArrayList<>();
            final List<int[]> expected = new ArrayList<>();
            for (int step = 0; step < 60; step++) {
                if (random.nextInt(3) == 0) {
                    final int kind = random.nextInt(KINDS);
                    final List<GenerationRequest> together = new ArrayList<>();
                    for (int choice = random.nextInt(CHOICES); choice >= 0; choice--) {
                        together.add(request(prompts, kind, choice));
                        expected.add(alone[kind][choice]);
                    }
                    assertEquals(Admission.ACCEPTED, cluster.decoder().submit(together));
                    requests.addAll(together);
                }
                if (random.nextInt(12) == 0 && !requests.isEmpty()) {
                    cluster.decoder().cancel(requests.get(random.nextInt(requests.size())));
                }
                cluster.decoder().doWork();
            }
            cluster.runUntilIdle();
            for (int i = 0; i < requests.size(); i++) {
                assertAsAlone(requests.get(i), expected.get(i));
            }
            assertFalse(digest.isContradicted());
            assertEquals(pages, cluster.decoder().freePages());
            return cluster.context().counters().value("vllm:num_preemptions");
        }
    }

    private static void assertAsAlone(final GenerationRequest request, final int[] alone) {
        final TokenStream stream = request.stream();
        assertTrue(stream.isFinished());
        assertEquals(stream.tokens() == MAX_TOKENS ? FinishReason.LENGTH : FinishReason.CANCELLED,
            stream.finishReason());
        assertArrayEquals(Arrays.copyOf(alone, stream.tokens()), TestCluster.tokens(request));
    }
}
