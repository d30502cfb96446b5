package dev.convoke.checkpoint.huggingface;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockScaledMatrixTest {
    private static final String NAME = "experts.0.gate_proj.weight";

    @TempDir
    private Path directory;
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void unmap() {
        arena.close();
    }

    private static byte[] codes(final int count) {
        final byte[] codes = new byte[count];
        final SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < count; i++) {
            codes[i] = (byte)(random.nextInt(2) << 7 | random.nextInt(0x7F));
        }
        return codes;
    }

    private SafetensorsFile write(final long[] shape, final byte[] codes, final RawTensor scales) throws IOException {
        final Path file = directory.resolve("model.safetensors");
        RawTensor.write(file, List.of(scales, new RawTensor(NAME, "F8_E4M3", shape, codes)));
        return SafetensorsFile.open(file, arena);
    }

    /** As the format defines it, not as it is decoded. */
    private static double e4m3(final int bits) {
        final double mantissa = (bits & 7) / 8.0;
        final int exponent = bits >> 3 & 15;
        return (bits & 128) == 0 ? StrictMath.pow(2, Math.max(1, exponent) - 7) * (mantissa + (exponent > 0 ? 1 : 0))
            : -e4m3(bits & 127);
    }

    @Test
    void shouldGiveEveryWeightTheScaleOfIts128x128() throws IOException {
        final byte[] codes = codes(200 * 256);
        final SafetensorsFile file = write(new long[] {200, 256}, codes, new RawTensor(
            NAME + BlockScaledMatrix.SCALES, "F32", new long[] {2, 2}, RawTensor.floats(0.5f, 3, 0.125f, 7)));
        assertEquals(true, BlockScaledMatrix.isIn(file, NAME));
        final Tensor matrix = BlockScaledMatrix.read(file, file, NAME);
        assertEquals(DType.F8_E4M3, matrix.dtype());
        assertArrayEquals(new long[] {200, 256}, matrix.shape());
        final float[][] scales = {{0.5f, 3}, {0.125f, 7}};
        for (int row = 0; row < 200; row++) {
            for (int column = 0; column < 256; column++) {
                final int at = row * 256 + column;
                assertEquals((float)(e4m3(codes[at] & 0xFF) * scales[row / 128][column / 128]), matrix.at(at));
            }
        }
    }

    @Test
    void shouldRefuseWhatDoesNotBelongTogether() throws IOException {
        final byte[] codes = codes(200 * 128);
        final SafetensorsFile few = write(new long[] {200, 128}, codes,
            new RawTensor(NAME + BlockScaledMatrix.SCALES, "F32", new long[] {1, 1}, RawTensor.floats(1)));
        assertRefused(() -> BlockScaledMatrix.read(few, few, NAME), NAME + "_scale_inv", "[1, 1]", "[2, 1]");
        final SafetensorsFile none = write(new long[] {200, 128}, codes,
            new RawTensor("other", "F32", new long[] {1, 1}, RawTensor.floats(1)));
        assertRefused(() -> BlockScaledMatrix.read(none, none, NAME), NAME + "_scale_inv");
        final SafetensorsFile narrow = write(new long[] {400, 64}, codes,
            new RawTensor(NAME + BlockScaledMatrix.SCALES, "F32", new long[] {4, 1}, RawTensor.floats(1, 1, 1, 1)));
        assertRefused(() -> BlockScaledMatrix.read(narrow, narrow, NAME), NAME, "[400, 64]", "multiple of 128");
    }
}
