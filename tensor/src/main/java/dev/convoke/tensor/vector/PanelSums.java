package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.PanelProduct;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Where a matrix unit leaves the sums of a strip of rows with a tile. One thread's; reused. */
final class PanelSums {
    /**
     * Rows that pass over a tile together: enough that unpacking it, and calling the unit, take little of the time.
     */
    static final int STRIP_ROWS = 256;
    private static final long ROW_BYTES = (long)PanelProduct.OUTPUTS * Integer.BYTES;

    private final MemorySegment segment = Arena.ofAuto().allocate(STRIP_ROWS * ROW_BYTES, 64);
    private final float[] values = new float[PanelProduct.OUTPUTS];

    /** How many of the rows left come next: all strips are about as long, so that none is too short for the unit. */
    static int nextRows(final int left) {
        return Math.ceilDiv(left, Math.ceilDiv(left, STRIP_ROWS));
    }

    MemorySegment segment() {
        return segment;
    }

    /** Writes the sums of a row, f32. */
    void store(final int row, final RowBuffer y, final int yRow, final int tile, final int outputs) {
        for (int lane = 0; lane < PanelProduct.OUTPUTS; lane += Lanes.COUNT) {
            FloatVector.fromMemorySegment(FLOATS, segment, row * ROW_BYTES + (long)lane * Float.BYTES, ORDER)
                .intoArray(values, lane);
        }
        store(y, yRow, tile, outputs);
    }

    /** Writes the sums of a row of codes with a tile of codes, scaled. */
    void store(final int row, final float rowScale, final Int8TiledMatrix weights, final int tile, final RowBuffer y,
        final int yRow) {
        for (int lane = 0; lane < PanelProduct.OUTPUTS; lane += Lanes.COUNT) {
            final long output = ((long)tile * PanelProduct.OUTPUTS + lane) * Integer.BYTES;
            final FloatVector scale =
                FloatVector.fromMemorySegment(FLOATS, weights.scales(), output, ORDER).mul(rowScale);
            ((FloatVector)IntVector.fromMemorySegment(INTS, segment, row * ROW_BYTES + (long)lane * Integer.BYTES,
                ORDER).sub(IntVector.fromMemorySegment(INTS, weights.excess(), output, ORDER))
                .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(values, lane);
        }
        store(y, yRow, tile, weights.outputs());
    }

    private void store(final RowBuffer y, final int yRow, final int tile, final int outputs) {
        final int output = tile * PanelProduct.OUTPUTS;
        Conversion.store(values, 0, Math.min(PanelProduct.OUTPUTS, outputs - output), y.segment(), y.dtype(),
            (long)yRow * y.stride() + output);
    }
}
