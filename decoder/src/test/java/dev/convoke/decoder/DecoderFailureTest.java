package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ModelConfiguration;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong ends the requests it concerns, says why, and nothing else. */
class DecoderFailureTest {
    private static final int POISONED = 99;

    @TempDir
    private Path directory;

    private EditedModel edited() throws IOException {
        return new EditedModel(Models.GOLDEN_MIXTRAL, directory);
    }

    private static GenerationRequest request(final int... prompt) {
        return GenerationRequest.of(prompt).maxTokens(10).build();
    }

    private static int[] tokensAlone(final int... prompt) {
        final GenerationRequest request = request(prompt);
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).start()) {
            cluster.run(request);
        }
        return TestCluster.tokens(request);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.layers.1.block_sparse_moe.gate.weight", "model.layers.2.input_layernorm.weight",
        "model.layers.0.post_attention_layernorm.weight", "model.norm.weight"})
    void shouldNameFileAndTensorWhenWeightIsNotANumber(final String tensor) throws IOException {
        final EditedModel model = edited().set(tensor, 3, EditedModel.NOT_A_NUMBER);
        try (Checkpoint checkpoint = model.open()) {
            final CheckpointException error = assertThrows(CheckpointException.class,
                () -> TestCluster.of(checkpoint).start());
            assertTrue(error.getMessage().contains(tensor), error.getMessage());
            assertTrue(error.getMessage().contains(model.weightsFile().toString()), error.getMessage());
        }
    }

    @Test
    void shouldNameKnownFamiliesWhenTheModelIsOfAnother() {
        try (Checkpoint checkpoint = Models.GOLDEN_MIXTRAL.open()) {
            final Checkpoint foreign = (Checkpoint)Proxy.newProxyInstance(Checkpoint.class.getClassLoader(),
                new Class<?>[] {Checkpoint.class}, (proxy, method, arguments) -> method.getName()
                    .equals("configuration") ? ofType("perceptron", checkpoint.configuration())
                    : method.invoke(checkpoint, arguments));
            final CheckpointException error = assertThrows(CheckpointException.class,
                () -> TestCluster.of(foreign).start());
            assertTrue(error.getMessage().contains("'perceptron'"), error.getMessage());
            assertTrue(error.getMessage().contains("mixtral"), error.getMessage());
        }
    }

    private static ModelConfiguration ofType(final String modelType, final ModelConfiguration model) {
        return new ModelConfiguration(modelType, model.vocabularySize(), model.hiddenSize(), model.layers(),
            model.heads(), model.kvHeads(), model.headDim(), model.expertWidth(), model.experts(), model.topK(),
            model.normEpsilon(), model.slidingWindow(), model.maxPositions(), model.tiedEmbeddings(), model.rotary());
    }

    @Test
    void shouldFailOnlyTheRequestWhoseRowIsNotANumber() throws IOException {
        final Checkpoint checkpoint = edited().set("model.embed_tokens.weight", POISONED * 64 + 7,
            EditedModel.NOT_A_NUMBER).open();
        final GenerationRequest sound = request(3, 14, 15);
        final GenerationRequest poisoned = request(9, POISONED, 26);
        final GenerationRequest neighbour = request(53, 58);
        try (TestCluster cluster = TestCluster.of(checkpoint).start()) {
            cluster.run(sound, poisoned, neighbour);
            assertEquals(1, cluster.context().counters().value("decoder_requests_failed"));
        }
        assertEquals(FinishReason.ERROR, poisoned.stream().finishReason());
        assertTrue(poisoned.stream().error().contains("router of layer 0"), poisoned.stream().error());
        assertArrayEquals(tokensAlone(3, 14, 15), TestCluster.tokens(sound));
        assertArrayEquals(tokensAlone(53, 58), TestCluster.tokens(neighbour));
    }

    @Test
    void shouldFailRequestsWhenLogitsAreNotNumbers() throws IOException {
        final Checkpoint checkpoint = edited().set("lm_head.weight", 7, EditedModel.NOT_A_NUMBER).open();
        final GenerationRequest sampled = request(3, 14, 15);
        final GenerationRequest scored = GenerationRequest.of(9, 2, 6).maxTokens(0).promptLogprobs(true).build();
        try (TestCluster cluster = TestCluster.of(checkpoint).start()) {
            cluster.run(sampled, scored);
        }
        for (final GenerationRequest request : new GenerationRequest[] {sampled, scored}) {
            assertEquals(FinishReason.ERROR, request.stream().finishReason());
            assertTrue(request.stream().error().contains("not numbers"), request.stream().error());
        }
    }

    @Test
    void shouldEndAllThatWaitsAndTakeNoMoreWhenNoHostIsLeft() {
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).hosts(2)
            .settings(settings -> settings.maxSequences(1))
            .routingSettings(routing -> routing.resendAfterNs(TimeUnit.MILLISECONDS.toNanos(50))
                .exchangeDeadlineNs(TimeUnit.MILLISECONDS.toNanos(200))).start()) {
            final GenerationRequest running = cluster.submit(request(3, 14, 15));
            final GenerationRequest waiting = cluster.submit(request(9, 2, 6));
            cluster.runUntil(() -> running.stream().tokens() == 3);
            cluster.loseHost(1);
            cluster.loseHost(0);
            cluster.decoder().doWork();
            for (final GenerationRequest request : new GenerationRequest[] {running, waiting}) {
                assertEquals(FinishReason.UNAVAILABLE, request.stream().finishReason());
                assertTrue(request.stream().error().contains("host-"), request.stream().error());
            }
            assertEquals(Admission.NOT_READY, cluster.decoder().submit(request(3, 14, 15)));
            cluster.runUntil(() -> cluster.decoder().notReadyReason().contains("host-0"));
        }
    }

    @Test
    void shouldKeepTakingRequestsForAWhileWhenSomeExpertsAreOutOfReach() {
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).hosts(2)
            .routingSettings(routing -> routing.resendAfterNs(TimeUnit.MILLISECONDS.toNanos(50))
                .exchangeDeadlineNs(TimeUnit.SECONDS.toNanos(1))).start()) {
            cluster.loseHost(1);
            cluster.decoder().doWork();
            assertTrue(cluster.decoder().isReady(), "the other host may load them");
            assertTrue(!cluster.decoder().degradedReasons().isEmpty());
            cluster.runUntil(() -> !cluster.decoder().isReady());
            assertTrue(cluster.decoder().notReadyReason().contains("host-1"), cluster.decoder().notReadyReason());
        }
    }

    @Test
    void shouldFailTheStepAndGoOnWhenExpertsDoNotAnswer() {
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).hosts(2)
            .routingSettings(routing -> routing.resendAfterNs(TimeUnit.MILLISECONDS.toNanos(50))
                .exchangeDeadlineNs(TimeUnit.MILLISECONDS.toNanos(200))).start()) {
            final GenerationRequest first = cluster.submit(request(3, 14, 15));
            cluster.runUntil(() -> first.stream().tokens() == 3);
            cluster.pauseHosts(true);
            final GenerationRequest second = cluster.submit(request(9, 2, 6));
            cluster.runUntilIdle();
            for (final GenerationRequest request : new GenerationRequest[] {first, second}) {
                assertEquals(FinishReason.UNAVAILABLE, request.stream().finishReason());
                assertTrue(request.stream().error().contains("host-"), request.stream().error());
            }
            cluster.pauseHosts(false);
            cluster.runUntil(cluster.decoder()::isReady);
            final GenerationRequest third = request(3, 14, 15);
            cluster.run(third);
            assertArrayEquals(tokensAlone(3, 14, 15), TestCluster.tokens(third));
        }
    }
}
