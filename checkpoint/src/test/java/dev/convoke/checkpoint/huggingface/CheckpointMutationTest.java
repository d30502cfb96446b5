package dev.convoke.checkpoint.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.Mutation;
import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is done to the files, opening them ends in a checkpoint whose every tensor can be read or in a
 * {@link CheckpointException} that names the place. Seed and count: {@code convoke.test.seed},
 * {@code convoke.test.mutations}.
 */
class CheckpointMutationTest {
    @TempDir
    private Path scratch;
    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final int mutations = Integer.getInteger("convoke.test.mutations", 350);
    private final Mutation mutation = new Mutation(new SplittableRandom(seed));
    private ModelDirectory model;
    private int refused;

    @BeforeEach
    void copy() throws IOException {
        System.out.println("convoke.test.seed=" + seed + " convoke.test.mutations=" + mutations);
        model = ModelDirectory.copyOfGolden("mixtral", scratch);
    }

    @Test
    void shouldLoadOrRefuseDamagedConfiguration() throws IOException {
        mutateEach("config.json");
        mutateEach("generation_config.json");
        assertTrue(refused > mutations / 4, "only " + refused + " of the mutations were refused");
    }

    @Test
    void shouldLoadOrRefuseDamagedSafetensorsHeader() throws IOException {
        final byte[] file = Files.readAllBytes(model.file("model.safetensors"));
        final int dataOffset = 8 + (int)ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        final byte[] data = Arrays.copyOfRange(file, dataOffset, file.length);
        final byte[] header = Arrays.copyOfRange(file, 8, dataOffset);
        for (int i = 0; i < mutations; i++) {
            final byte[] damaged = mutation.of(header);
            RawTensor.writeClaiming(model.file("model.safetensors"), damaged.length, damaged, data);
            openOrRefuse();
        }
        for (int i = 0; i < mutations / 10; i++) {
            Files.write(model.file("model.safetensors"), mutation.of(Arrays.copyOf(file, dataOffset)));
            openOrRefuse();
        }
        assertTrue(refused > mutations / 2, "only " + refused + " of the mutations were refused");
    }

    @Test
    void shouldLoadOrRefuseDamagedIndex() throws IOException {
        model.shard();
        mutateEach("model.safetensors.index.json");
        assertTrue(refused > mutations / 4, "only " + refused + " of the mutations were refused");
    }

    @Test
    void shouldReadOrRefuseDamagedTokenizerFiles() throws IOException {
        final byte[] vocabulary = Files.readAllBytes(model.file("tokenizer.json"));
        final byte[] settings = Files.readAllBytes(model.file("tokenizer_config.json"));
        for (int i = 0; i < mutations; i++) {
            final byte[] damaged = mutation.of(vocabulary);
            loadOrRefuse(() -> Vocabulary.parse(model.file("tokenizer.json"), damaged));
            Files.write(model.file("tokenizer_config.json"), mutation.of(settings));
            loadOrRefuse(() -> TokenizerKeys.read(scratch));
        }
        assertTrue(refused > mutations / 4, "only " + refused + " of the mutations were refused");
    }

    /** The library is native: what it cannot bear must not reach it. */
    @Test
    void shouldRunOrRefuseDamagedTokenizers() throws IOException {
        final Path file = model.file("tokenizer.json");
        final byte[] original = Files.readAllBytes(file);
        for (int i = 0; i < mutations; i++) {
            Files.write(file, mutation.of(original));
            loadOrRefuse(() -> {
                try (Tokenizer tokenizer = HuggingFaceTokenizer.open(scratch)) {
                    useTokenizer(tokenizer);
                }
            });
        }
        assertTrue(refused > mutations / 4, "only " + refused + " of the mutations were refused");
    }

    private static void useTokenizer(final Tokenizer tokenizer) {
        final int[] ids = tokenizer.encode("In the beginning, \u00e9\ud83d\ude42 <s>", true);
        for (final int id : ids) {
            assertTrue(id >= 0 && id < tokenizer.vocabularySize(), () -> "id " + id);
        }
        tokenizer.decode(ids, true);
        final StreamDecoder stream = tokenizer.streamDecoder(false);
        for (final int id : ids) {
            stream.append(id);
        }
        stream.finish();
    }

    private void mutateEach(final String name) throws IOException {
        final byte[] original = Files.readAllBytes(model.file(name));
        for (int i = 0; i < mutations; i++) {
            Files.write(model.file(name), mutation.of(original));
            openOrRefuse();
        }
        Files.write(model.file(name), original);
        final int before = refused;
        openOrRefuse();
        assertEquals(before, refused, "the file as it was must load");
    }

    private void openOrRefuse() {
        loadOrRefuse(() -> {
            try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(scratch)) {
                readEverything(checkpoint);
            }
        });
    }

    private static void readEverything(final Checkpoint checkpoint) {
        final ModelConfiguration configuration = checkpoint.configuration();
        for (int layer = 0; layer < configuration.layers(); layer++) {
            for (int index = 0; index < configuration.experts(); index++) {
                final ExpertTensors expert = checkpoint.expert(new ExpertId(layer, index));
                for (final Tensor tensor : List.of(expert.gate(), expert.up(), expert.down())) {
                    tensor.at(0);
                    tensor.at(tensor.elements() - 1);
                }
            }
        }
    }

    private void loadOrRefuse(final Runnable action) {
        try {
            action.run();
        } catch (final CheckpointException e) {
            refused++;
            assertTrue(e.getMessage().contains(scratch.toString()), e::getMessage);
            assertFalse(e.getMessage().contains("\n"), e::getMessage);
        } catch (final RuntimeException | Error e) {
            throw new AssertionError("seed " + seed, e);
        }
    }
}
