package dev.convoke.tensor.vector;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Weights that stay quantised, in tiles of 32 outputs, the same for every vector width. A lane holds the integers of
 * one output, the first input lowest: four of Q8_0, or eight of Q4_0 less 8.
 * <pre>
 *   [tiles][inputs / 32]  scales f32 [32 outputs]
 *                         integers   [8 or 4][32 outputs] of 4 bytes
 * </pre>
 * The scales are widened so that kernels need not; that costs half a bit a weight.
 */
record BlockMatrix(int outputs, int inputs, DType stored, MemorySegment segment) implements PackedMatrix {
    /** Bytes of the scales of a tile's block. */
    static final int SCALES_BYTES = TiledMatrix.TILE * Float.BYTES;
    /** From the integers of some inputs to those of the next ones. */
    static final int ROW_BYTES = TiledMatrix.TILE * Integer.BYTES;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(Lanes.ORDER);

    /** Whether matrices can be kept so. */
    static boolean holds(final DType operand, final List<Tensor> stacked) {
        final DType stored = stacked.getFirst().dtype();
        return keeps(stored, operand) && stacked.stream().allMatch(tensor -> tensor.dtype() == stored);
    }

    /** Whether weights of a type are kept so. */
    static boolean keeps(final DType stored, final DType operand) {
        return operand == DType.BF16 && (stored == DType.Q8_0 || stored == DType.Q4_0);
    }

    /** Bytes of a tile's block of 32 inputs. */
    static int blockBytes(final DType stored) {
        return SCALES_BYTES + RowBuffer.BLOCK / integersOfLane(stored) * ROW_BYTES;
    }

    static BlockMatrix pack(final Arena arena, final List<Tensor> stacked, final Throttle throttle) {
        final DType stored = stacked.getFirst().dtype();
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        final long blocks = (long)Lanes.padded(outputs) / TiledMatrix.TILE * (inputs / RowBuffer.BLOCK);
        final BlockMatrix matrix = new BlockMatrix(outputs, inputs, stored,
            arena.allocate(blocks * blockBytes(stored), 64));
        int output = 0;
        for (final Tensor tensor : stacked) {
            for (long row = 0; row < tensor.shape()[0]; row++, output++) {
                matrix.fill(output, tensor.segment(), row * stored.bytesOf(inputs));
                throttle.onPortion();
            }
        }
        return matrix;
    }

    private void fill(final int output, final MemorySegment rows, final long row) {
        final long lane = (long)(output % TiledMatrix.TILE) * Integer.BYTES;
        for (int block = 0; block < blocks(); block++) {
            final long from = row + (long)block * stored.blockBytes();
            final long to = blockOffsetBytes(output / TiledMatrix.TILE, block) + lane;
            segment.set(Lanes.FLOAT, to, Float.float16ToFloat(rows.get(HALF, from)));
            for (int i = 0; i < RowBuffer.BLOCK / integersOfLane(stored); i++) {
                segment.set(Lanes.INT, to + SCALES_BYTES + (long)i * ROW_BYTES, stored == DType.Q8_0
                    ? rows.get(Lanes.INT, from + Short.BYTES + (long)i * Integer.BYTES) : nibbles(rows, from, 8 * i));
            }
        }
    }

    /** Eight consecutive integers of a Q4_0 block, which holds element i low and i + 16 high in one byte. */
    private static int nibbles(final MemorySegment rows, final long block, final int first) {
        int packed = 0;
        for (int i = first; i < first + 8; i++) {
            final int pair = rows.get(ValueLayout.JAVA_BYTE, block + Short.BYTES + i % 16);
            packed |= ((pair >> (i / 16 * 4)) - 8 & 15) << (i - first) * 4;
        }
        return packed;
    }

    private static int integersOfLane(final DType stored) {
        return stored == DType.Q8_0 ? 4 : 8;
    }

    /** Blocks of a row. */
    int blocks() {
        return inputs / RowBuffer.BLOCK;
    }

    /** Where a tile's block begins. */
    long blockOffsetBytes(final int tile, final int block) {
        return ((long)tile * blocks() + block) * blockBytes(stored);
    }

    @Override
    public DType dtype() {
        return DType.BF16;
    }

    @Override
    public long bytes() {
        return segment.byteSize();
    }
}
