package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A grouped FFN as three operations, one after the other, each over all groups. Rows are gathered as they are added;
 * done when it has been started.
 */
final class SequentialFfn implements FfnBatch {
    private final Kernels kernels;
    private final RowBuffer input;
    /** [rows, 2 x width] f32. */
    private final RowBuffer gateUp;
    /** [rows, width] in the operand type. */
    private final RowBuffer activation;
    private final RowBuffer output;
    private final PackedMatrix[] gateUpWeights;
    private final PackedMatrix[] downWeights;
    private final int[] offsets;
    private RowBuffer source;
    private int groups;

    SequentialFfn(final Arena arena, final FfnShape shape, final Kernels kernels) {
        this.kernels = kernels;
        input = new RowBuffer(arena, shape.dtype(), shape.rows(), shape.hidden());
        gateUp = new RowBuffer(arena, DType.F32, shape.rows(), 2 * shape.width());
        activation = new RowBuffer(arena, shape.dtype(), shape.rows(), shape.width());
        output = new RowBuffer(arena, shape.dtype(), shape.rows(), shape.hidden());
        gateUpWeights = new PackedMatrix[shape.groups()];
        downWeights = new PackedMatrix[shape.groups()];
        offsets = new int[shape.groups() + 1];
    }

    @Override
    public void clear(final int layer, final RowBuffer rows) {
        source = rows;
        groups = 0;
    }

    @Override
    public void addGroup(final PackedFfn weights) {
        final StackedFfn stacked = (StackedFfn)weights;
        gateUpWeights[groups] = stacked.gateUp();
        downWeights[groups] = stacked.down();
        offsets[groups + 1] = offsets[groups];
        groups++;
    }

    @Override
    public void addRow(final int sourceRow, final float scale) {
        final int row = offsets[groups];
        offsets[groups] = row + 1;
        if (Float.isNaN(scale)) {
            MemorySegment.copy(source.segment(), source.rowOffsetBytes(sourceRow),
                input.segment(), input.rowOffsetBytes(row), input.rowBytes());
        } else {
            for (int column = 0; column < input.columns(); column++) {
                input.set(row, column, source.get(sourceRow, column) * scale);
            }
        }
    }

    @Override
    public int capacity() {
        return input.capacity();
    }

    @Override
    public int rows() {
        return offsets[groups];
    }

    @Override
    public int groups() {
        return groups;
    }

    @Override
    public void start() {
        kernels.groupedMatmul(gateUpWeights, offsets, groups, input, gateUp);
        kernels.gatedSilu(gateUp, activation, rows());
        kernels.groupedMatmul(downWeights, offsets, groups, activation, output);
    }

    @Override
    public int rowsDone() {
        return rows();
    }

    @Override
    public RowBuffer output() {
        return output;
    }

    @Override
    public int outputRow(final int row) {
        return row;
    }
}
