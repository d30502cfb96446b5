package dev.convoke.checkpoint.gguf;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.Mutation;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is done to a file's header, opening it ends in a checkpoint whose tensors can be read or in a
 * {@link CheckpointException} that names the file. Seed and count: {@code convoke.test.seed},
 * {@code convoke.test.gguf.mutations}.
 */
class GgufMutationTest {
    private static final long[] NUMBERS = {0, 1, -1, 3, 31, 255, 1L << 31, (1L << 32) - 1, 1L << 40, 1L << 62,
        Long.MIN_VALUE, Long.MAX_VALUE, 0x7FFF_FFFFL};

    @TempDir
    private Path scratch;
    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final int mutations = Integer.getInteger("convoke.test.gguf.mutations", 5000);
    private final SplittableRandom random = new SplittableRandom(seed);
    private final Mutation mutation = new Mutation(random);
    private int refused;

    @Test
    void shouldLoadOrRefuseDamagedFiles() throws IOException {
        System.out.println("convoke.test.seed=" + seed + " convoke.test.gguf.mutations=" + mutations);
        for (final String name : new String[] {"mixtral-q8_0", "olmoe-bf16"}) {
            final Path file = scratch.resolve(name + ".gguf");
            final byte[] whole = Files.readAllBytes(GgufCheckpointTest.golden(name));
            Files.write(file, whole);
            final int header = headerBytes(file);
            for (int i = 0; i < mutations / 2; i++) {
                mutate(file, whole, header);
                openOrRefuse(file);
            }
        }
        assertTrue(refused > mutations / 2, "only " + refused + " of the mutations were refused");
    }

    private static int headerBytes(final Path file) {
        try (Arena arena = Arena.ofConfined()) {
            final GgufFile opened = GgufFile.open(file, arena);
            return (int)opened.position(opened.entries().values().iterator().next());
        }
    }

    /** In the header, where the file is told of; now and then the rest shifts or is cut with it. */
    private void mutate(final Path file, final byte[] whole, final int header) throws IOException {
        final byte[] damaged;
        if (random.nextInt(4) > 0) {
            damaged = Arrays.copyOf(whole, header);
            final int at = random.nextInt(header - Long.BYTES);
            final ByteBuffer buffer = ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN);
            if (random.nextBoolean()) {
                buffer.putLong(at, NUMBERS[random.nextInt(NUMBERS.length)]);
            } else {
                buffer.putInt(at, (int)NUMBERS[random.nextInt(NUMBERS.length)]);
            }
        } else {
            damaged = mutation.of(Arrays.copyOf(whole, header));
        }
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(damaged);
            if (damaged.length != header) {
                out.write(whole, header, whole.length - header);
            }
            final int length = damaged.length + whole.length - header;
            out.setLength(random.nextInt(20) == 0 ? random.nextInt(length) : length);
        }
    }

    private void openOrRefuse(final Path file) {
        try (Checkpoint checkpoint = CheckpointFormat.openAny(file)) {
            readAll(checkpoint);
            CheckpointFormat.of(file).tokenizer(file);
        } catch (final CheckpointException e) {
            refused++;
            assertTrue(e.getMessage().contains(file.getFileName().toString()), e::getMessage);
            assertFalse(e.getMessage().isBlank());
        } catch (final RuntimeException | Error e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static void readAll(final Checkpoint checkpoint) {
        final ModelConfiguration model = checkpoint.configuration();
        read(checkpoint.tensor("model.embed_tokens.weight", model.vocabularySize(), model.hiddenSize()));
        for (int layer = 0; layer < Math.min(model.layers(), 8); layer++) {
            read(checkpoint.tensor("model.layers." + layer + ".self_attn.q_proj.weight",
                (long)model.heads() * model.headDim(), model.hiddenSize()));
            final ExpertTensors expert = checkpoint.expert(new ExpertId(layer, model.experts() - 1));
            read(expert.gate());
            read(expert.down());
        }
    }

    private static void read(final Tensor tensor) {
        tensor.at(0);
        tensor.at(tensor.elements() - 1);
    }
}
