package dev.convoke.bench.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Precision;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.FinishReason;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.deployment.ServedDecoder;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticCheckpointTest {
    @TempDir
    private Path directory;

    private static Shape small(final Shape.Family family) {
        return new Shape(family, 64, 96, 4, 2, 4, family == Shape.Family.OLMOE ? 4 : 2, 16, 2, 300, 128, 1e4);
    }

    private static byte[] weights(final Path of) throws IOException {
        return Files.readAllBytes(of.resolve("model.safetensors"));
    }

    @ParameterizedTest
    @EnumSource(Shape.Family.class)
    void shouldBeServedLikeAnyOther(final Shape.Family family) throws InterruptedException {
        new SyntheticCheckpoint(small(family), 7).write(directory);
        try (ServedDecoder served = new ServedDecoder(
            new ModelSettings(directory, Optional.of(Precision.BF16), "auto", 1),
            ExpertSettings.local(ExpertSettings.IN_PROCESS, 2, "round-robin", List.of()), Optional.empty(),
            UnaryOperator.identity(), UnaryOperator.identity(), _ -> Optional.empty())) {
            assertTrue(served.awaitReady(Duration.ofSeconds(60)), () -> served.health().toString());
            final Tokenizer tokenizer = served.tokenizer();
            final String text = "Bytes: é ~\n";
            final int[] tokens = tokenizer.encode(text, true);
            assertEquals(text.getBytes(StandardCharsets.UTF_8).length + 1, tokens.length);
            assertEquals(ByteTokenizer.BEGIN, tokens[0]);
            assertEquals(text, tokenizer.decode(tokens, true));
            final GenerationRequest request = GenerationRequest.of(tokens).maxTokens(6).build();
            assertEquals(Admission.ACCEPTED, served.submit(List.of(request)));
            assertEquals(FinishReason.LENGTH, request.stream().awaitFinish(), request.stream().error());
        }
    }

    @Test
    void shouldSpreadWeightsAsModelsAreInitialised() {
        final SyntheticCheckpoint synthetic = new SyntheticCheckpoint(small(Shape.Family.MIXTRAL), 7);
        synthetic.write(directory);
        try (Checkpoint checkpoint = CheckpointFormat.openAny(directory)) {
            double sum = 0;
            double squares = 0;
            final Tensor tensor = checkpoint.expert(new ExpertId(1, 3)).up();
            for (long i = 0; i < tensor.elements(); i++) {
                sum += tensor.at(i);
                squares += tensor.at(i) * tensor.at(i);
            }
            assertEquals(64 * 96, tensor.elements());
            assertEquals(0, sum / tensor.elements(), 0.001);
            assertEquals(0.02, Math.sqrt(squares / tensor.elements()), 0.001);
            assertEquals(1, checkpoint.tensor("model.norm.weight", 64).at(63));
        }
        assertTrue(synthetic.bytes() < directory.resolve("model.safetensors").toFile().length());
    }

    @Test
    void shouldWriteTheSameForTheSameSeedOnly() throws IOException {
        final Path[] paths = {directory.resolve("a"), directory.resolve("b"), directory.resolve("c")};
        for (int i = 0; i < paths.length; i++) {
            new SyntheticCheckpoint(small(Shape.Family.MIXTRAL), i / 2).write(paths[i]);
        }
        assertArrayEquals(weights(paths[0]), weights(paths[1]));
        assertFalse(Arrays.equals(weights(paths[0]), weights(paths[2])));
    }

    @Test
    void shouldHaveTheSizesOfTheModelsItIsNamedAfter() {
        // Published: 46.7, 140.6 and 6.92 billion parameters.
        assertEquals(46.7e9, new SyntheticCheckpoint(Shape.named("mixtral-8x7b"), 1).bytes() / 2.0, 0.05e9);
        assertEquals(140.6e9, new SyntheticCheckpoint(Shape.named("mixtral-8x22b"), 1).bytes() / 2.0, 0.1e9);
        assertEquals(6.92e9, new SyntheticCheckpoint(Shape.named("olmoe-1b-7b"), 1).bytes() / 2.0, 0.01e9);
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        final Shape shape = small(Shape.Family.MIXTRAL);
        new SyntheticCheckpoint(shape, 1).write(directory);
        assertRefused(directory + " holds a checkpoint already", () -> new SyntheticCheckpoint(shape, 1)
            .write(directory));
        assertRefused("A model of 0 layers", () -> new SyntheticCheckpoint(shape.withLayers(0), 1));
        assertRefused("257 tokens", () -> new SyntheticCheckpoint(shape.withVocabulary(257), 1));
        assertRefused("did you mean 'mixtral-8x7b'?", () -> Shape.named("mixtral-8x7"));
        assertRefused("choose fewer layers", () ->
            new SyntheticCheckpoint(Shape.named("mixtral-8x22b").withLayers(2000), 1).write(directory.resolve("big")));
    }

    private static void assertRefused(final String part, final Runnable call) {
        final String message = assertThrows(ConfigurationException.class, call::run).getMessage();
        assertTrue(message.contains(part) && message.endsWith("."), message);
    }
}
