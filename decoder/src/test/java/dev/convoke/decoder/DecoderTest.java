package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ActiveWindowIdleStrategy;
import dev.convoke.core.ConfigurationException;
import dev.convoke.gating.BalanceFigures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class DecoderTest {
    private static final int[] PROMPT = {3, 14, 15, 92, 65};

    private static TestCluster.Builder golden() {
        return TestCluster.of(Models.GOLDEN_MIXTRAL);
    }

    private static GenerationRequest request(final int maxTokens) {
        return GenerationRequest.of(PROMPT).maxTokens(maxTokens).build();
    }

    private static int[] greedyTokens(final int maxTokens) {
        final GenerationRequest request = request(maxTokens);
        try (TestCluster cluster = golden().start()) {
            cluster.run(request);
        }
        return TestCluster.tokens(request);
    }

    @Test
    void shouldRefuseRequestsUntilExpertsCanBeReached() {
        try (TestCluster cluster = golden().create()) {
            final Decoder decoder = cluster.decoder();
            assertFalse(decoder.isReady());
            assertFalse(decoder.notReadyReason().isEmpty());
            assertEquals(Admission.NOT_READY, decoder.submit(request(1)));
            cluster.runUntil(decoder::isReady);
            assertEquals("", decoder.notReadyReason());
            cluster.run(request(1));
        }
    }

    @Test
    void shouldRefuseWhatCannotBeServed() {
        try (TestCluster cluster = golden().settings(context -> context.maxContext(64)).start()) {
            final Decoder decoder = cluster.decoder();
            assertEquals(64, decoder.maxContext());
            assertEquals(Admission.TOO_LONG, decoder.submit(request(60)));
            assertEquals(Admission.TOO_LONG, decoder.submit(request(1 << 20)));
            assertEquals(Admission.UNKNOWN_TOKEN, decoder.submit(GenerationRequest.of(1, 512).build()));
            assertEquals(Admission.UNKNOWN_TOKEN, decoder.submit(GenerationRequest.of(-1).build()));
            final GenerationRequest longest = request(59);
            cluster.run(longest);
            assertEquals(59, longest.stream().tokens());
            assertThrows(IllegalStateException.class, () -> decoder.submit(longest));
        }
        try (TestCluster cluster = golden().settings(context -> context.kvPages(2)).start()) {
            assertEquals(Admission.TOO_LONG, cluster.decoder().submit(request(29)));
            cluster.run(request(28));
        }
    }

    @Test
    void shouldBoundTheQueueOfRequestsThatHaveNotStarted() {
        try (TestCluster cluster = golden().settings(context -> context.maxWaiting(3).maxSequences(1)).start()) {
            final Decoder decoder = cluster.decoder();
            for (int i = 0; i < 3; i++) {
                cluster.submit(request(4));
            }
            assertEquals(3, decoder.waiting());
            assertEquals(Admission.QUEUE_FULL, decoder.submit(request(4)));
            decoder.doWork();
            assertEquals(1, decoder.running());
            assertEquals(2, decoder.waiting());
            cluster.submit(request(4));
            assertEquals(Admission.QUEUE_FULL, decoder.submit(request(4)));
            cluster.runUntilIdle();
            assertEquals(4, cluster.context().counters().value("decoder_requests_finished"));
        }
    }

    @Test
    void shouldStopAtAnEndTokenAndKeepIt() {
        final int[] greedy = greedyTokens(12);
        final int end = greedy[7];
        final int first = Arrays.stream(greedy).boxed().toList().indexOf(end);
        final GenerationRequest request = GenerationRequest.of(PROMPT).maxTokens(12).endTokens(511, end).build();
        try (TestCluster cluster = golden().start()) {
            cluster.run(request);
        }
        assertEquals(FinishReason.STOP, request.stream().finishReason());
        assertArrayEquals(Arrays.copyOf(greedy, first + 1), TestCluster.tokens(request));
    }

    @Test
    void shouldOnlyScoreWhenNoTokensAreWanted() {
        final GenerationRequest scored = GenerationRequest.of(PROMPT).maxTokens(0).topLogprobs(2).promptLogprobs(true)
            .build();
        final GenerationRequest nothing = request(0);
        try (TestCluster cluster = golden().start()) {
            cluster.run(scored, nothing);
        }
        assertEquals(FinishReason.LENGTH, scored.stream().finishReason());
        assertEquals(FinishReason.LENGTH, nothing.stream().finishReason());
        assertEquals(0, scored.stream().tokens());
        final TokenScores scores = scored.stream().promptScores();
        assertTrue(Float.isNaN(scores.logprob(0)));
        for (int i = 1; i < PROMPT.length; i++) {
            assertTrue(scores.logprob(i) < 0);
            assertTrue(scores.topLogprob(i, 0) >= scores.topLogprob(i, 1));
            assertTrue(scores.topLogprob(i, 0) >= scores.logprob(i));
        }
        assertEquals(0, nothing.stream().promptScores().capacity());
    }

    @Test
    void shouldCancelRunningAndWaitingRequestsWithoutTouchingOthers() {
        try (TestCluster cluster = golden().settings(context -> context.maxSequences(2)).start()) {
            final GenerationRequest kept = cluster.submit(request(30));
            final GenerationRequest running = cluster.submit(request(30));
            final GenerationRequest waiting = cluster.submit(request(30));
            cluster.runUntil(() -> running.stream().tokens() == 5);
            cluster.decoder().cancel(running);
            cluster.decoder().cancel(waiting);
            cluster.runUntilIdle();
            assertEquals(FinishReason.CANCELLED, running.stream().finishReason());
            assertEquals(FinishReason.CANCELLED, waiting.stream().finishReason());
            assertEquals(0, waiting.stream().tokens());
            final int[] expected = greedyTokens(30);
            assertArrayEquals(expected, TestCluster.tokens(kept));
            assertArrayEquals(Arrays.copyOf(expected, running.stream().tokens()), TestCluster.tokens(running));
            cluster.decoder().cancel(kept);
            cluster.decoder().doWork();
            assertEquals(FinishReason.LENGTH, kept.stream().finishReason());
            assertEquals(2, cluster.context().counters().value("decoder_requests_cancelled"));
        }
    }

    @Test
    void shouldFinishWhatRunsWhenDrained() {
        try (TestCluster cluster = golden().start()) {
            final GenerationRequest accepted = cluster.submit(request(5));
            cluster.decoder().drain();
            assertFalse(cluster.decoder().isReady());
            assertEquals(Admission.NOT_READY, cluster.decoder().submit(request(5)));
            cluster.runUntilIdle();
            assertEquals(FinishReason.LENGTH, accepted.stream().finishReason());
        }
    }

    @Test
    void shouldEndEverythingWhenClosed() {
        final GenerationRequest started = request(400);
        final GenerationRequest queued = request(5);
        try (TestCluster cluster = golden().start()) {
            cluster.submit(started);
            cluster.runUntil(() -> started.stream().tokens() > 2);
            cluster.submit(queued);
        }
        for (final GenerationRequest request : List.of(started, queued)) {
            assertEquals(FinishReason.ERROR, request.stream().finishReason());
            assertTrue(request.stream().error().contains("stopping"));
        }
    }

    @Test
    void shouldServeManyThreadsWhileAnAgentRunnerDrivesIt() throws Exception {
        final int[] expected = greedyTokens(40);
        final TestCluster cluster = golden().create();
        final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
        final AgentRunner runner = new AgentRunner(new ActiveWindowIdleStrategy(SystemNanoClock.INSTANCE,
            TimeUnit.MILLISECONDS.toNanos(1), TimeUnit.MILLISECONDS.toNanos(1)),
            errors::add, null, cluster.decoder());
        AgentRunner.startOnThread(runner);
        try (ExecutorService consumers = Executors.newVirtualThreadPerTaskExecutor()) {
            while (!cluster.decoder().isReady()) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            final List<Future<int[]>> answers = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                answers.add(consumers.submit(() -> serve(cluster.decoder(), request(40))));
            }
            for (final Future<int[]> answer : answers) {
                assertArrayEquals(expected, answer.get());
            }
        } finally {
            runner.close();
            cluster.close();
        }
        assertTrue(errors.isEmpty(), errors::toString);
    }

    private static int[] serve(final Decoder decoder, final GenerationRequest request) throws InterruptedException {
        assertEquals(Admission.ACCEPTED, decoder.submit(request));
        assertEquals(FinishReason.LENGTH, request.stream().awaitFinish());
        return TestCluster.tokens(request);
    }

    @Test
    void shouldObserveHowRowsFallOnExperts() {
        try (TestCluster cluster = golden().start()) {
            final BalanceFigures balance = cluster.decoder().balance();
            final int layers = cluster.context().checkpoint().configuration().layers();
            final GenerationRequest request = request(8);
            cluster.run(request);
            assertEquals(layers, balance.layers());
            for (int layer = 0; layer < layers; layer++) {
                // The last token is not computed any more.
                assertEquals(request.promptLength() + 7, balance.rows(layer), "layer " + layer);
                assertTrue(balance.maxOverMean(layer) >= 1 && balance.switchLoss(layer) > 0, balance.summary(layer));
            }
        }
    }

    @Test
    void shouldNameBothValuesWhenSettingsContradict() {
        try (TestCluster cluster = golden().start()) {
            final DecoderContext source = cluster.context();
            final DecoderContext context = new DecoderContext().checkpoint(source.checkpoint())
                .kernels(source.kernels()).gate(source.gate()).routing(source.routing()).maxSequences(300);
            final String message = assertThrows(ConfigurationException.class, context::conclude).getMessage();
            assertTrue(message.contains("256") && message.contains("300"), message);
            context.maxSequences(8).maxContext(513);
            assertTrue(assertThrows(ConfigurationException.class, context::conclude).getMessage().contains("512"));
            context.maxContext(0).tokenBudget(1024);
            assertTrue(assertThrows(ConfigurationException.class, context::conclude).getMessage().contains("1024"));
        }
    }
}
