package dev.convoke.tensorcuda;

import dev.convoke.tensor.Bf16;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/** Packed weights made in Java, weight by weight, from what {@code src/main/cuda/README.md} says of their layout. */
final class PackedBytes {
    private static final int PIECE = 8;

    private final MemorySegment memory;

    PackedBytes(final long bytes) {
        memory = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
    }

    MemorySegment memory() {
        return memory;
    }

    /** Lays out a matrix whose row r is packed row {@code place(r)}, from an offset on. */
    void put(final Tensor matrix, final long offset, final IntUnaryOperator place) {
        final int inputs = (int)matrix.shape()[1];
        for (int row = 0; row < matrix.shape()[0]; row++) {
            for (int k = 0; k < inputs; k++) {
                memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset + offsetBytes(place.applyAsInt(row), k, inputs),
                    Bf16.fromFloat(matrix.at((long)row * inputs + k)));
            }
        }
    }

    static int gateRow(final int row) {
        return row / PIECE * 2 * PIECE + row % PIECE;
    }

    static int upRow(final int row) {
        return gateRow(row) + PIECE;
    }

    static long offsetBytes(final int packedRow, final int input, final int inputs) {
        final long tile = packedRow / WeightLayout.TILE_ROWS;
        final int row = packedRow % WeightLayout.TILE_ROWS;
        final int k = input % WeightLayout.BLOCK_INPUTS;
        return (tile * Math.ceilDiv(inputs, WeightLayout.BLOCK_INPUTS) + input / WeightLayout.BLOCK_INPUTS)
            * WeightFormat.BF16.blockBytes() + row * WeightLayout.BLOCK_INPUTS * Short.BYTES
            + (k / PIECE ^ row % PIECE) * PIECE * Short.BYTES + k % PIECE * Short.BYTES;
    }
}
