package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A read-only, row-major tensor as a checkpoint stores it: little-endian, not necessarily aligned. It does not own
 * its memory; whoever mapped it does.
 *
 * @param name    as in the checkpoint, for messages
 * @param dtype   element type, quantised ones included
 * @param shape   outermost dimension first; of a quantised tensor the innermost is whole blocks
 * @param segment exactly the tensor's bytes
 */
public record Tensor(String name, DType dtype, long[] shape, MemorySegment segment) {
    private static final int CHUNK = 8192;

    /** Checks that the segment holds what dtype and shape say. */
    public Tensor {
        long elements = 1;
        for (final long extent : shape) {
            elements = Math.multiplyExact(elements, extent);
        }
        final long innermost = shape.length == 0 ? 1 : shape[shape.length - 1];
        if (innermost % dtype.blockElements() != 0 || dtype.bytesOf(elements) != segment.byteSize()) {
            throw new IllegalArgumentException("tensor " + name + " of shape " + Arrays.toString(shape) + " " + dtype
                + " has " + segment.byteSize() + " bytes");
        }
    }

    /** The number of elements. */
    public long elements() {
        return segment.byteSize() / dtype.blockBytes() * dtype.blockElements();
    }

    /**
     * Reads consecutive elements, widened to f32: a row of a matrix, say.
     *
     * @param index flat index of the first
     */
    public void read(final long index, final float[] to, final int count) {
        Objects.checkFromIndexSize(index, count, elements());
        switch (dtype) {
            case F32 -> MemorySegment.copy(segment, ElementAccess.FLOAT, index * Float.BYTES, to, 0, count);
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    to[i] = Bf16.toFloat(segment.get(ElementAccess.SHORT, (index + i) * Short.BYTES));
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    to[i] = Float.float16ToFloat(segment.get(ElementAccess.SHORT, (index + i) * Short.BYTES));
                }
            }
            default -> readBlocks(index, to, count);
        }
    }

    private void readBlocks(final long index, final float[] to, final int count) {
        final int width = dtype.blockElements();
        int done = 0;
        while (done < count) {
            final int skipped = (int)((index + done) % width);
            final long offset = (index + done) / width * dtype.blockBytes();
            final int taken = Math.min(width - skipped, count - done);
            if (taken == width) {
                QuantisedBlocks.decode(dtype, segment, offset, to, done);
            } else {
                final float[] block = new float[width];
                QuantisedBlocks.decode(dtype, segment, offset, block, 0);
                System.arraycopy(block, skipped, to, done, taken);
            }
            done += taken;
        }
    }

    /**
     * Reads consecutive elements as a product takes them: in {@code F32} as they are, in {@code BF16} rounded to the
     * nearest. Ties go to even, but away from zero where the tensor is quantised: that takes two operations a weight
     * when a kernel unpacks on the way.
     *
     * @param operand F32 or BF16
     */
    public void readOperands(final long index, final float[] to, final int count, final DType operand) {
        read(index, to, count);
        if (operand == DType.BF16) {
            for (int i = 0; i < count; i++) {
                to[i] = dtype.isQuantised() ? Bf16.roundHalfAway(to[i]) : Bf16.round(to[i]);
            }
        }
    }

    /**
     * {@link #readOperands} in bf16, two to a word: the first in its lower half.
     *
     * @param scratch room for {@code count}
     * @param count   even, or what follows the last is zero
     */
    public void readPairs(final long index, final float[] scratch, final int[] to, final int at, final int count) {
        final int pairs = count / 2;
        if (dtype == DType.BF16 && count % 2 == 0) {
            Objects.checkFromIndexSize(index, count, elements());
            MemorySegment.copy(segment, ElementAccess.INT, index * Short.BYTES, to, at, pairs);
            for (int i = at; i < at + pairs; i++) {
                to[i] = Bf16.flushSubnormals(to[i]);
            }
            return;
        }
        readOperands(index, scratch, count, DType.BF16);
        for (int i = 0; i < pairs; i++) {
            to[at + i] = Bf16.fromFloat(scratch[2 * i]) & 0xFFFF | Bf16.fromFloat(scratch[2 * i + 1]) << Short.SIZE;
        }
        if (count % 2 == 1) {
            to[at + pairs] = Bf16.fromFloat(scratch[count - 1]) & 0xFFFF;
        }
    }

    /** Flat index of the first element that is NaN or infinite, or -1. */
    public long firstNonFinite() {
        return firstNonFinite(Throttle.NONE);
    }

    /** The same, in small portions. */
    public long firstNonFinite(final Throttle throttle) {
        final int chunk = Math.max(CHUNK, dtype.blockElements());
        final float[] values = new float[chunk];
        for (long index = 0; index < elements(); index += chunk) {
            final int count = (int)Math.min(chunk, elements() - index);
            read(index, values, count);
            for (int i = 0; i < count; i++) {
                if (!Float.isFinite(values[i])) {
                    return index + i;
                }
            }
            throttle.onPortion();
        }
        return -1;
    }

    /** The element at a flat index, widened to f32. For loading and tests, not for kernels. */
    public float at(final long index) {
        if (!dtype.isQuantised()) {
            return ElementAccess.read(segment, dtype, index);
        }
        final float[] value = new float[1];
        read(index, value, 1);
        return value[0];
    }
}
