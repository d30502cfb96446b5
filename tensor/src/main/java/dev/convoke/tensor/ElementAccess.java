package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Single elements of off-heap memory, widened to f32 on reading and rounded on writing; little-endian. */
public final class ElementAccess {
    static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
        ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ElementAccess() {
    }

    /** Exact. */
    public static float read(final MemorySegment segment, final DType dtype, final long index) {
        return switch (dtype) {
            case F32 -> segment.get(FLOAT, index * Float.BYTES);
            case BF16 -> Bf16.toFloat(segment.get(SHORT, index * Short.BYTES));
            case F16 -> Float.float16ToFloat(segment.get(SHORT, index * Short.BYTES));
            default -> throw new IllegalArgumentException("dtype " + dtype);
        };
    }

    /** Rounds to the element type: to nearest even, bf16 subnormals flushed. */
    public static void write(final MemorySegment segment, final DType dtype, final long index, final float value) {
        switch (dtype) {
            case F32 -> segment.set(FLOAT, index * Float.BYTES, value);
            case BF16 -> segment.set(SHORT, index * Short.BYTES, Bf16.fromFloat(value));
            case F16 -> segment.set(SHORT, index * Short.BYTES, Float.floatToFloat16(value));
            default -> throw new IllegalArgumentException("dtype " + dtype);
        }
    }
}
