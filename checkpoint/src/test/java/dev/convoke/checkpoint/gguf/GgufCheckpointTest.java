package dev.convoke.checkpoint.gguf;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.checkpoint.huggingface.HuggingFaceTokenizer;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufCheckpointTest {
    private static final Path GOLDEN = Path.of(System.getProperty("convoke.models"), "golden");

    @TempDir
    private Path scratch;

    static Path golden(final String name) {
        return GOLDEN.resolve("gguf").resolve(name + ".gguf");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "olmoe"})
    void shouldHoldWhatTheOriginalHolds(final String name) {
        try (Checkpoint original = CheckpointFormat.openAny(GOLDEN.resolve(name));
            Checkpoint converted = CheckpointFormat.openAny(golden(name + "-bf16"))) {
            final ModelConfiguration model = original.configuration();
            assertEquals(model, converted.configuration());
            assertEquals(Set.of(1), converted.generationDefaults().endTokens());
            assertNotEquals(original.fingerprint(), converted.fingerprint());
            final int queryWidth = model.heads() * model.headDim();
            final int keyWidth = model.kvHeads() * model.headDim();
            final int hidden = model.hiddenSize();
            final String layer = "model.layers." + (model.layers() - 1) + ".";
            assertSame(original, converted, "model.embed_tokens.weight", model.vocabularySize(), hidden);
            assertSame(original, converted, layer + "self_attn.q_proj.weight", queryWidth, hidden);
            assertSame(original, converted, layer + "self_attn.k_proj.weight", keyWidth, hidden);
            assertSame(original, converted, layer + "self_attn.o_proj.weight", hidden, queryWidth);
            assertSame(original, converted, layer + "post_attention_layernorm.weight", hidden);
            for (final ExpertId expert : List.of(new ExpertId(0, 0), new ExpertId(1, model.experts() - 1))) {
                final ExpertTensors expected = original.expert(expert);
                final ExpertTensors actual = converted.expert(expert);
                assertSame(expected.gate(), actual.gate());
                assertSame(expected.up(), actual.up());
                assertSame(expected.down(), actual.down());
            }
        }
    }

    private static void assertSame(final Checkpoint original, final Checkpoint converted, final String name,
        final long... shape) {
        assertSame(original.tensor(name, shape), converted.tensor(name, shape));
    }

    private static void assertSame(final Tensor expected, final Tensor actual) {
        assertArrayEquals(expected.shape(), actual.shape());
        final float[] want = new float[(int)expected.elements()];
        final float[] have = new float[want.length];
        expected.read(0, want, want.length);
        actual.read(0, have, have.length);
        assertArrayEquals(want, have, actual.name());
    }

    @Test
    void shouldReadQuantisedExpertsNearTheOriginals() {
        try (Checkpoint original = CheckpointFormat.openAny(GOLDEN.resolve("mixtral"));
            Checkpoint converted = CheckpointFormat.openAny(golden("mixtral-q8_0"))) {
            final Tensor expected = original.expert(new ExpertId(2, 5)).down();
            final Tensor actual = converted.expert(new ExpertId(2, 5)).down();
            assertEquals(DType.Q8_0, actual.dtype());
            double error = 0;
            double size = 0;
            for (long i = 0; i < expected.elements(); i++) {
                error += Math.pow(expected.at(i) - actual.at(i), 2);
                size += Math.pow(expected.at(i), 2);
            }
            assertTrue(Math.sqrt(error / size) < 0.01, "relative error " + Math.sqrt(error / size));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"In the beginning", " two  spaces\n\tand a tab", "def f(x): return x**2",
        "\u00e4\u4f60\ud83d\ude00", "", "1234567"})
    void shouldTokeniseAsTheOriginalDoes(final String text) {
        final Path original = GOLDEN.resolve("mixtral");
        final Path converted = golden("mixtral-bf16");
        try (Tokenizer expected = HuggingFaceTokenizer.of(CheckpointFormat.of(original).tokenizer(original));
            Tokenizer actual = HuggingFaceTokenizer.of(CheckpointFormat.of(converted).tokenizer(converted))) {
            assertArrayEquals(expected.encode(text, true), actual.encode(text, true));
            assertEquals(text, actual.decode(actual.encode(text, false), true));
            assertEquals(expected.vocabularySize(), actual.vocabularySize());
        }
    }

    @Test
    void shouldRefuseWhatIsNoGguf() throws IOException {
        final Path file = scratch.resolve("model.gguf");
        assertRefused(() -> CheckpointFormat.openAny(file), file.toString(), "download it again");
        Files.writeString(file, "PK\3\4 something else");
        assertRefused(() -> CheckpointFormat.openAny(file), "is not a GGUF file");
        Files.write(file, new byte[] {'G', 'G', 'U', 'F', 0, 0, 0, 3});
        assertRefused(() -> CheckpointFormat.openAny(file), "big-endian");
        Files.write(file, new byte[] {'G', 'G', 'U', 'F', 1, 0, 0, 0});
        assertRefused(() -> CheckpointFormat.openAny(file), "GGUF version 1");
        assertRefused(() -> CheckpointFormat.openAny(scratch.resolve("model.bin")), "There is no model", ".gguf file");
    }

    @Test
    void shouldNameTheTensorWhereTheFileEnds() throws IOException {
        final byte[] whole = Files.readAllBytes(golden("mixtral-bf16"));
        final Path file = scratch.resolve("cut.gguf");
        Files.write(file, Arrays.copyOf(whole, whole.length - 100_000));
        assertRefused(() -> CheckpointFormat.openAny(file), "is truncated", "blk.");
        Files.write(file, Arrays.copyOf(whole, 5000));
        assertRefused(() -> CheckpointFormat.openAny(file), "is truncated", "byte 5000");
    }
}
