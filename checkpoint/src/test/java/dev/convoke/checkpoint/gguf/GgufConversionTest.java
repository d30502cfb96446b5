package dev.convoke.checkpoint.gguf;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.checkpoint.TokenizerDefinition;
import dev.convoke.checkpoint.TokenizerSettings;
import dev.convoke.checkpoint.huggingface.HuggingFaceTokenizer;
import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import dev.convoke.tensor.WorkerPool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufConversionTest {
    private static final Path MODELS = Path.of(System.getProperty("convoke.models"));
    private static final Path GOLDEN = MODELS.resolve("golden");
    private static final String[] TEXTS = {"In the beginning", " two  spaces\n\tand a tab", "def f(x): return x**2",
        "\u00e4\u4f60\ud83d\ude00", "", "1234567", "<s> </s>"};

    private static final int SENTENCE_PIECE_ROWS = 2000;

    @TempDir
    private Path scratch;

    private Path written(final Path model, final DType weights) {
        final Path file = scratch.resolve(model.getFileName() + "-" + weights + ".gguf");
        try (Checkpoint checkpoint = CheckpointFormat.openAny(model); WorkerPool pool = new WorkerPool("test", 2)) {
            final GgufConversion conversion = new GgufConversion(checkpoint, tokenizer(model), weights);
            final AtomicLong bytes = new AtomicLong();
            conversion.write(file, pool, bytes::addAndGet);
            assertEquals(conversion.fileBytes(), bytes.get());
            assertEquals(conversion.fileBytes(), file.toFile().length());
        }
        return file;
    }

    private static TokenizerDefinition tokenizer(final Path model) {
        return CheckpointFormat.of(model).tokenizer(model);
    }

    /** The other converter quantises the embedding and the head, too; everything else must be the same bytes. */
    @ParameterizedTest
    @CsvSource({"mixtral, BF16, mixtral-bf16", "mixtral, Q8_0, mixtral-q8_0", "olmoe, BF16, olmoe-bf16"})
    void shouldWriteTheTensorsThatTheReferenceWrites(final String model, final DType weights, final String reference)
        throws IOException {
        final Path file = written(GOLDEN.resolve(model), weights);
        try (Arena arena = Arena.ofConfined()) {
            final GgufFile expected = GgufFile.open(GgufCheckpointTest.golden(reference), arena);
            final GgufFile actual = GgufFile.open(file, arena);
            assertEquals(expected.entries().keySet(), actual.entries().keySet());
            for (final String name : expected.entries().keySet()) {
                final Tensor want = expected.tensor(expected.entries().get(name));
                final Tensor have = actual.tensor(actual.entries().get(name));
                assertArrayEquals(want.shape(), have.shape(), name);
                if (!name.equals("token_embd.weight") || weights == DType.BF16) {
                    assertEquals(want.dtype(), have.dtype(), name);
                    assertArrayEquals(want.segment().toArray(ValueLayout.JAVA_BYTE),
                        have.segment().toArray(ValueLayout.JAVA_BYTE), name);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "mixtral-swa", "olmoe"})
    void shouldKeepConfigurationAndTokenizer(final String name) {
        final Path model = GOLDEN.resolve(name);
        final Path file = written(model, DType.Q4_0);
        try (Checkpoint original = CheckpointFormat.openAny(model);
            Checkpoint converted = CheckpointFormat.openAny(file)) {
            assertEquals(original.configuration(), converted.configuration());
            assertEquals(original.generationDefaults().endTokens(), converted.generationDefaults().endTokens());
            assertEquals(original.generationDefaults().beginToken(), converted.generationDefaults().beginToken());
        }
        assertSameTokens(tokenizer(model), tokenizer(file));
    }

    @Test
    void shouldWriteAFileOfAFile() {
        final Path first = written(GOLDEN.resolve("mixtral"), DType.BF16);
        final Path second = written(first, DType.F32);
        try (Checkpoint original = CheckpointFormat.openAny(GOLDEN.resolve("mixtral"));
            Checkpoint converted = CheckpointFormat.openAny(second)) {
            final long[] shape = {original.configuration().heads() * original.configuration().headDim(),
                original.configuration().hiddenSize()};
            final Tensor want = original.tensor("model.layers.1.self_attn.q_proj.weight", shape);
            final Tensor have = converted.tensor("model.layers.1.self_attn.q_proj.weight", shape);
            assertEquals(DType.F32, have.dtype());
            for (long i = 0; i < want.elements(); i++) {
                assertEquals(want.at(i), have.at(i));
            }
        }
        assertSameTokens(tokenizer(first), tokenizer(second));
    }

    @Test
    void shouldKeepASentencePieceVocabulary() throws IOException {
        final byte[] json;
        try (var in = GgufConversionTest.class.getResourceAsStream("/tokenizers/byte-fallback.json")) {
            json = in.readAllBytes();
        }
        final TokenizerDefinition original = new TokenizerDefinition(Path.of("tokenizer.json"), json,
            new TokenizerSettings(true, true, false, "<s>", "</s>", Optional.empty()));
        final MetadataWriter metadata = new MetadataWriter();
        new VocabularyWriter(metadata, original, SENTENCE_PIECE_ROWS).write(new GenerationDefaults(OptionalInt.of(1),
            Set.of(2), Optional.empty(), Optional.empty(), OptionalInt.empty()));
        final Path file = scratch.resolve("sentencepiece.gguf");
        final GgufMetadata read = GgufMetadata.read(file, new GgufCursor(file,
            MemorySegment.ofArray(metadata.bytes().toArray())), metadata.pairs());
        assertSameTokens(original, GgufTokenizer.read(read));
    }

    private static void assertSameTokens(final TokenizerDefinition original, final TokenizerDefinition converted) {
        try (Tokenizer expected = HuggingFaceTokenizer.of(original);
            Tokenizer actual = HuggingFaceTokenizer.of(converted)) {
            for (final String text : TEXTS) {
                assertArrayEquals(expected.encode(text, true), actual.encode(text, true), text);
                assertEquals(expected.decode(expected.encode(text, false), true),
                    actual.decode(actual.encode(text, false), true));
            }
            assertEquals(expected.chatTemplate(), actual.chatTemplate());
        }
    }

    @Test
    void shouldSayWhatCannotBeWrittenAndLeaveNothingBehind() throws IOException {
        final Path model = GOLDEN.resolve("mixtral");
        final Path nowhere = scratch.resolve("missing").resolve("out.gguf");
        try (Checkpoint checkpoint = CheckpointFormat.openAny(model); WorkerPool pool = new WorkerPool("test", 2)) {
            final TokenizerDefinition words = new TokenizerDefinition(Path.of("words.json"),
                "{\"model\": {\"type\": \"WordPiece\"}}".getBytes(StandardCharsets.UTF_8), tokenizer(model).settings());
            assertRefused(() -> new GgufConversion(checkpoint, words, DType.Q8_0), "words.json", "WordPiece");
            final GgufConversion conversion = new GgufConversion(checkpoint, tokenizer(model), DType.Q8_0);
            assertRefused(() -> conversion.write(nowhere, pool, LoadProgress.NONE), nowhere.toString(), "space left");
        }
        try (Stream<Path> left = Files.list(scratch)) {
            assertFalse(left.anyMatch(path -> path.toString().contains("unfinished")));
        }
    }

    @Test
    void shouldRefuseANumberThatIsNone() throws IOException {
        final Path model = scratch.resolve("broken");
        Files.createDirectory(model);
        for (final String name : new String[] {"config.json", "tokenizer.json", "tokenizer_config.json"}) {
            Files.copy(GOLDEN.resolve("mixtral").resolve(name), model.resolve(name));
        }
        final byte[] weights = Files.readAllBytes(GOLDEN.resolve("mixtral").resolve("model.safetensors"));
        weights[weights.length - 1] = 0x7F;
        weights[weights.length - 2] = (byte)0xC0;
        weights[weights.length - 3] = 0x7F;
        weights[weights.length - 4] = (byte)0xC0;
        Files.write(model.resolve("model.safetensors"), weights);
        try (Checkpoint checkpoint = CheckpointFormat.openAny(model); WorkerPool pool = new WorkerPool("test", 2)) {
            final GgufConversion conversion = new GgufConversion(checkpoint, tokenizer(model), DType.Q4_0);
            final Path file = scratch.resolve("broken.gguf");
            assertRefused(() -> conversion.write(file, pool, LoadProgress.NONE), "has NaN in row", "download it again");
            assertTrue(Files.notExists(file));
        }
    }
}
