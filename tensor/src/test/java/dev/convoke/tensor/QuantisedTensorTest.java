package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QuantisedTensorTest {
    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = {"F32", "F16", "BF16", "F8_E4M3"})
    void shouldReadWhatTheReferenceReads(final DType dtype) throws IOException {
        final Tensor tensor = blocks(dtype);
        final float[] expected = values(dtype);
        final float[] whole = new float[expected.length];
        tensor.read(0, whole, whole.length);
        assertArrayEquals(expected, whole);
        assertEquals(expected.length, tensor.elements());
        final int from = dtype.blockElements() / 2 + 3;
        final float[] part = new float[dtype.blockElements()];
        tensor.read(from, part, part.length);
        for (int i = 0; i < part.length; i++) {
            assertEquals(expected[from + i], part[i]);
            assertEquals(expected[from + i], tensor.at(from + i));
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = {"F32", "F16", "BF16", "F8_E4M3"})
    void shouldPackWhatIsReadRoundedAwayFromZero(final DType dtype) throws IOException {
        final Tensor tensor = blocks(dtype);
        final int inputs = dtype.blockElements();
        final Tensor matrix = new Tensor("matrix", dtype, new long[] {tensor.elements() / inputs, inputs},
            tensor.segment());
        final float[] expected = values(dtype);
        try (Arena arena = Arena.ofConfined()) {
            final ScalarBackend backend = new ScalarBackend();
            final PackedMatrix packed = backend.pack(arena, DType.BF16, List.of(matrix));
            final RowBuffer x = new RowBuffer(arena, DType.BF16, 1, inputs);
            final RowBuffer y = new RowBuffer(arena, DType.F32, 1, packed.outputs());
            x.set(0, inputs - 1, 1);
            backend.matmul(packed, x, y, 0, 1, 0, packed.outputs());
            for (int output = 0; output < packed.outputs(); output++) {
                assertEquals(Bf16.roundHalfAway(expected[(output + 1) * inputs - 1]), y.get(0, output));
            }
        }
    }

    @Test
    void shouldReadEveryE4M3FloatTimesItsScale() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment segment = arena.allocate(2L * DType.F8_E4M3.blockBytes());
            for (int block = 0; block < 2; block++) {
                final long at = (long)block * DType.F8_E4M3.blockBytes();
                segment.set(ElementAccess.FLOAT, at, block == 0 ? 0.5f : 3);
                for (int i = 0; i < 128; i++) {
                    segment.set(ValueLayout.JAVA_BYTE, at + Float.BYTES + i, (byte)(128 * block + i));
                }
            }
            final Tensor tensor = new Tensor("weights", DType.F8_E4M3, new long[] {2, 128}, segment);
            // Zero, the smallest, the largest subnormal, the smallest normal, one and the largest of the format.
            final int[] codes = {0x00, 0x01, 0x07, 0x08, 0x38, 0x7E};
            final float[] values = {0, 0x1p-9f, 0x7p-9f, 0x1p-6f, 1, 448};
            for (int i = 0; i < codes.length; i++) {
                assertEquals(values[i] / 2, tensor.at(codes[i]));
                assertEquals(-3 * values[i], tensor.at(128 + codes[i]));
            }
            assertEquals(127, tensor.firstNonFinite());
        }
    }

    @Test
    void shouldRoundTiesAwayFromZero() {
        assertEquals(Float.intBitsToFloat(0x3F81_0000), Bf16.roundHalfAway(Float.intBitsToFloat(0x3F80_8000)));
        assertEquals(Float.intBitsToFloat(0xBF81_0000), Bf16.roundHalfAway(Float.intBitsToFloat(0xBF80_8000)));
        assertEquals(Float.intBitsToFloat(0x3F80_0000), Bf16.roundHalfAway(Float.intBitsToFloat(0x3F80_7FFF)));
        assertEquals(0, Float.floatToRawIntBits(Bf16.roundHalfAway(Float.MIN_VALUE)));
        assertEquals(0x8000_0000, Float.floatToRawIntBits(Bf16.roundHalfAway(-Float.MIN_VALUE)));
    }

    @Test
    void shouldRefusePartsOfBlocks() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment segment = arena.allocate(34L);
            final long[] shape = {2, 16};
            final Exception refused = assertThrows(IllegalArgumentException.class,
                () -> new Tensor("weights", DType.Q8_0, shape, segment));
            assertTrue(refused.getMessage().contains("weights"));
        }
    }

    @Test
    void shouldFindAScaleThatIsNotFinite() throws IOException {
        final Tensor tensor = blocks(DType.Q4_0);
        assertEquals(-1, tensor.firstNonFinite());
        tensor.segment().set(ElementAccess.SHORT, 3L * DType.Q4_0.blockBytes(), Float.floatToFloat16(Float.NaN));
        assertEquals(3 * 32, tensor.firstNonFinite());
    }

    private static Tensor blocks(final DType dtype) throws IOException {
        final byte[] bytes = resource(dtype, "blocks");
        final long elements = (long)bytes.length / dtype.blockBytes() * dtype.blockElements();
        final MemorySegment segment = Arena.ofAuto().allocate(bytes.length);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
        return new Tensor("weights", dtype, new long[] {elements}, segment);
    }

    private static float[] values(final DType dtype) throws IOException {
        final ByteBuffer bytes = ByteBuffer.wrap(resource(dtype, "values")).order(ByteOrder.LITTLE_ENDIAN);
        final float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    private static byte[] resource(final DType dtype, final String kind) throws IOException {
        final String name = "/quantised/" + dtype.name().toLowerCase(Locale.ROOT) + '.' + kind;
        try (InputStream in = QuantisedTensorTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
