package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockEncoderTest {
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"Q8_0", "Q4_0"})
    void shouldWriteTheBytesThatTheReferenceWrites(final DType dtype) throws IOException {
        final float[] values = values();
        assertArrayEquals(resource("encoded." + dtype.name().toLowerCase(Locale.ROOT) + ".blocks"),
            encoded(dtype, values));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "BF16"})
    void shouldRoundPlainTypesAsSingleElementsAre(final DType dtype) throws IOException {
        final float[] values = values();
        final MemorySegment row = MemorySegment.ofArray(encoded(dtype, values));
        final MemorySegment one = MemorySegment.ofArray(new byte[dtype.bytes()]);
        for (int i = 0; i < values.length; i++) {
            ElementAccess.write(one, dtype, 0, values[i]);
            assertEquals(ElementAccess.read(one, dtype, 0), ElementAccess.read(row, dtype, i));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"Q8_0", "Q4_0"})
    void shouldStayWithinHalfAStepOfEveryValue(final DType dtype) {
        final long seed = Long.getLong("convoke.seed", System.nanoTime());
        final SplittableRandom random = new SplittableRandom(seed);
        final float[] values = new float[32 * 100];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float)(random.nextGaussian() * Math.exp(random.nextDouble(-6, 6)));
        }
        final Tensor tensor = new Tensor("row", dtype, new long[] {values.length},
            MemorySegment.ofArray(encoded(dtype, values)));
        for (int i = 0; i < values.length; i++) {
            float most = 0;
            for (int k = i / 32 * 32; k < i / 32 * 32 + 32; k++) {
                most = Math.max(most, Math.abs(values[k]));
            }
            // Eight bits reach 127 either way; four bits reach -8, but only 7 on the other side.
            final float bound = dtype == DType.Q8_0 ? most / 127 * 0.51f : most / 8 * 1.01f;
            assertTrue(Math.abs(tensor.at(i) - values[i]) <= bound + most * 1e-3f,
                "seed " + seed + ": " + values[i] + " became " + tensor.at(i) + " of at most " + most);
        }
    }

    @Test
    void shouldSayWhatItDoesNotWrite() {
        assertTrue(BlockEncoder.writes(DType.Q4_0));
        assertEquals(false, BlockEncoder.writes(DType.Q6_K));
        assertThrows(IllegalArgumentException.class, () -> encoded(DType.Q6_K, new float[256]));
        assertThrows(IllegalArgumentException.class, () -> encoded(DType.Q8_0, new float[33]));
    }

    private static byte[] encoded(final DType dtype, final float[] values) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment to = arena.allocate(dtype.bytesOf(values.length));
            BlockEncoder.encode(dtype, values, values.length, to, 0);
            return to.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static float[] values() throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(resource("encoded.values")).order(ByteOrder.LITTLE_ENDIAN);
        final float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    private static byte[] resource(final String name) throws IOException {
        try (InputStream in = BlockEncoderTest.class.getResourceAsStream("/quantised/" + name)) {
            return in.readAllBytes();
        }
    }
}
