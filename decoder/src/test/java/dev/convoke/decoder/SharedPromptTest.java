package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.tensor.KvPages;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Choices of one request keep and compute their prompt once. */
@Timeout(60)
class SharedPromptTest {
    private static final int CHOICES = 4;
    private static final int PROMPT = 10 * KvPages.PAGE_TOKENS + 5;
    private static final int TOKENS = 8;
    private static final int PAGES = 60;

    private static GenerationRequest request(final int choice) {
        return GenerationRequest.of(IntStream.range(0, PROMPT).map(i -> i * 7 % 512).toArray()).maxTokens(TOKENS)
            .sampling(SamplingParameters.builder().seed(3).choice(choice).build()).build();
    }

    private static List<GenerationRequest> choices() {
        final List<GenerationRequest> requests = new ArrayList<>();
        for (int choice = 0; choice < CHOICES; choice++) {
            requests.add(request(choice));
        }
        return requests;
    }

    private static TestCluster cluster() {
        return TestCluster.of(Models.GOLDEN_MIXTRAL).settings(context -> context.kvPages(PAGES)).start();
    }

    /** Works until each of them has a token or has ended. */
    private static void workUntilAllHaveBegun(final TestCluster cluster, final List<GenerationRequest> requests) {
        while (requests.stream().anyMatch(r -> r.stream().tokens() == 0 && !r.stream().isFinished())) {
            cluster.decoder().doWork();
        }
    }

    @Test
    void shouldHoldThePagesOfThePromptOnce() {
        try (TestCluster cluster = cluster()) {
            final List<GenerationRequest> requests = choices();
            assertEquals(Admission.ACCEPTED, cluster.decoder().submit(requests));
            workUntilAllHaveBegun(cluster, requests);
            assertEquals(10 + CHOICES, PAGES - cluster.decoder().freePages());
            assertTrue(cluster.context().counters().value("decoder_prefill_rows") < 1.5 * PROMPT);
            cluster.runUntilIdle();
            assertEquals(PAGES, cluster.decoder().freePages());
        }
    }

    @Test
    void shouldGiveEachChoiceTheTokensItGetsAlone() {
        final List<int[]> alone = new ArrayList<>();
        try (TestCluster cluster = cluster()) {
            for (final GenerationRequest request : choices()) {
                cluster.run(request);
                alone.add(TestCluster.tokens(request));
            }
        }
        try (TestCluster cluster = cluster()) {
            final List<GenerationRequest> requests = choices();
            cluster.decoder().submit(requests);
            cluster.runUntilIdle();
            for (int choice = 0; choice < CHOICES; choice++) {
                assertArrayEquals(alone.get(choice), TestCluster.tokens(requests.get(choice)));
            }
        }
    }

    @Test
    void shouldGoOnWhenTheOneThatComputesThePromptIsCancelled() {
        for (int steps = 0; steps < 6; steps++) {
            try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL)
                .settings(context -> context.kvPages(PAGES).prefillChunk(48)).start()) {
                final List<GenerationRequest> requests = choices();
                cluster.decoder().submit(requests);
                for (int step = 0; step < steps; step++) {
                    cluster.decoder().doWork();
                }
                cluster.decoder().cancel(requests.getFirst());
                cluster.runUntilIdle();
                for (final GenerationRequest request : requests.subList(1, CHOICES)) {
                    assertEquals(FinishReason.LENGTH, request.stream().finishReason());
                }
                assertEquals(PAGES, cluster.decoder().freePages());
            }
        }
    }

    @Test
    void shouldNotHoldUpOthersWhileOneComputesThePrompt() {
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL)
            .settings(context -> context.kvPages(PAGES).prefillChunk(KvPages.PAGE_TOKENS)).start()) {
            final List<GenerationRequest> choices = choices();
            final GenerationRequest behind = GenerationRequest.of(1, 2, 3).maxTokens(1).build();
            cluster.decoder().submit(choices);
            cluster.decoder().submit(List.of(behind));
            while (!behind.stream().isFinished()) {
                cluster.decoder().doWork();
                assertTrue(choices.stream().allMatch(choice -> choice.stream().tokens() == 0), "it waited");
            }
            cluster.runUntilIdle();
            assertEquals(PAGES, cluster.decoder().freePages());
            assertTrue(cluster.context().counters().value("decoder_prefill_rows") < 1.5 * PROMPT);
        }
    }

    /** With so few pages sequences of all kinds take them from each other, and none may be left behind. */
    @Test
    void shouldFinishAllWhenPagesAreFew() {
        final SplittableRandom random = Seeds.random("shared prompts");
        final List<int[]> alone = new ArrayList<>();
        try (TestCluster cluster = cluster()) {
            for (final GenerationRequest request : choices()) {
                cluster.run(request);
                alone.add(TestCluster.tokens(request));
            }
        }
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL)
            .settings(context -> context.kvPages(18).prefillChunk(40).maxSequences(6).maxWaiting(200)).start()) {
            final List<List<GenerationRequest>> groups = new ArrayList<>();
            for (int round = 0; round < 30; round++) {
                final List<GenerationRequest> group = choices().subList(0, random.nextInt(1, CHOICES + 1));
                assertEquals(Admission.ACCEPTED, cluster.decoder().submit(group));
                groups.add(group);
                for (int step = random.nextInt(12); step > 0; step--) {
                    cluster.decoder().doWork();
                }
                if (random.nextInt(4) == 0) {
                    cluster.decoder().cancel(group.get(random.nextInt(group.size())));
                }
            }
            cluster.runUntilIdle();
            for (final List<GenerationRequest> group : groups) {
                for (int choice = 0; choice < group.size(); choice++) {
                    if (group.get(choice).stream().finishReason() != FinishReason.CANCELLED) {
                        assertArrayEquals(alone.get(choice), TestCluster.tokens(group.get(choice)));
                    }
                }
            }
            assertEquals(18, cluster.decoder().freePages());
        }
    }

    @Test
    void shouldAdmitAllOrNone() {
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL)
            .settings(context -> context.maxWaiting(3)).start()) {
            assertEquals(Admission.QUEUE_FULL, cluster.decoder().submit(choices()));
            assertTrue(cluster.decoder().isIdle());
            assertEquals(Admission.ACCEPTED, cluster.decoder().submit(choices().subList(0, 3)));
            cluster.runUntilIdle();
        }
    }
}
