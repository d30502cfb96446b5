package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The operations of a decoder, each one kernel on the thread's own stream and complete when it returns. Kernels read
 * and write the machine's pinned memory themselves: each row crosses once. One thread's.
 */
final class DeviceOperations {
    private static final int ROWS_BF16 = 0;
    private static final int ROWS_F32 = 1;
    private static final int FIRST_ROWS = 256;
    private static final int FIRST_INPUTS = 4096;

    private final Device device;
    private final long stream;
    private final Launch launch;
    private final OperandAccess operands;
    /** Offsets and the address of the weights: what a product of one group reads. */
    private final MemorySegment header;
    private long workspace;
    private int workspaceRows = FIRST_ROWS;
    private int workspaceInputs = FIRST_INPUTS;

    DeviceOperations(final Device device) {
        this.device = device;
        stream = device.newStream();
        final PinnedArena arena = new PinnedArena(device);
        launch = new Launch(arena);
        operands = new OperandAccess(device, arena);
        header = arena.allocate(2 * Long.BYTES, Long.BYTES);
    }

    private static int typeOf(final RowBuffer rows) {
        return rows.dtype() == DType.F32 ? 0 : 1;
    }

    private static long bytes(final RowBuffer rows, final int count) {
        return rows.rowOffsetBytes(count);
    }

    private long input(final RowBuffer rows, final int from, final int to) {
        return operands.input(rows.segment(), rows.rowOffsetBytes(from), bytes(rows, to - from));
    }

    private long output(final RowBuffer rows, final int from, final int to) {
        return operands.output(rows.segment(), rows.rowOffsetBytes(from), bytes(rows, to - from));
    }

    private void finish() {
        DriverCalls.synchronize(stream);
        operands.end();
    }

    void matmul(final DeviceMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        reserveWorkspace(rows, weights.inputs());
        operands.begin(bytes(x, rows) + bytes(y, rows));
        header.set(ValueLayout.JAVA_INT, 0, 0);
        header.set(ValueLayout.JAVA_INT, Integer.BYTES, rows);
        header.set(ValueLayout.JAVA_LONG, Long.BYTES, weights.address());
        launch.of(device.grouped(WeightFormat.BF16)).pointer(input(x, fromRow, toRow)).pointer(0).pointer(0)
            .pointer(header.address()).pointer(header.address() + Long.BYTES).pointer(0)
            .pointer(output(y, fromRow, toRow)).pointer(workspace).number(1).number(workspaceRows).number(x.stride())
            .number(y.stride()).number(weights.inputs()).number(0).number(weights.outputs())
            .number(y.dtype() == DType.F32 ? ROWS_F32 : ROWS_BF16).queue(device.gridBlocks(), 1, stream);
        finish();
    }

    /** All launches share one, so they must agree on its rows. */
    private void reserveWorkspace(final int rows, final int inputs) {
        if (workspace != 0 && rows <= workspaceRows && inputs <= workspaceInputs) {
            return;
        }
        if (workspace != 0) {
            device.free(workspace);
        }
        workspaceRows = Math.max(workspaceRows, rows);
        workspaceInputs = Math.max(workspaceInputs, inputs);
        workspace = device.allocate(Workspace.bytes(workspaceRows, 1, workspaceInputs, 0));
        if (workspace == 0) {
            throw new DeviceException("The GPU has no memory left for " + workspaceRows + " rows; lower "
                + "--device-memory.");
        }
        DriverCalls.fill(workspace, (byte)0, Workspace.counterBytes(workspaceRows, 1), stream);
    }

    void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        final long weightBytes = (long)x.columns() * Float.BYTES;
        operands.begin(bytes(x, rows) + weightBytes + bytes(y, rows));
        launch.of(device.rmsNorm).pointer(input(x, fromRow, toRow)).number(x.stride())
            .pointer(operands.input(weight, 0, weightBytes)).real(epsilon).pointer(output(y, fromRow, toRow))
            .number(y.stride()).number(typeOf(y)).number(x.columns()).queue(rows, 1, stream);
        finish();
    }

    void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        operands.begin(bytes(gateUp, rows) + bytes(y, rows));
        launch.of(device.gatedSilu).pointer(input(gateUp, fromRow, toRow)).number(gateUp.stride())
            .pointer(output(y, fromRow, toRow)).number(y.stride()).number(typeOf(y)).number(y.columns())
            .queue(rows, 1, stream);
        finish();
    }

    void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        final long tableBytes = (long)table.positions() * table.half() * Float.BYTES;
        operands.begin(bytes(x, rows) + bytes(y, rows) + tableBytes + tableBytes + (long)rows * Integer.BYTES);
        launch.of(device.rotate).pointer(input(x, fromRow, toRow)).number(x.stride()).number(firstColumn)
            .pointer(operands.input(table.cosines(), 0, tableBytes))
            .pointer(operands.input(table.sines(), 0, tableBytes)).number(table.half())
            .pointer(numbers(positions, fromRow, rows)).pointer(output(y, fromRow, toRow)).number(y.stride())
            .number(typeOf(y)).number(y.columns()).queue(rows, 1, stream);
        finish();
    }

    private long numbers(final int[] values, final int from, final int count) {
        final long at = operands.scratch((long)count * Integer.BYTES);
        MemorySegment.copy(values, from, operands.memory(), ValueLayout.JAVA_INT, at, count);
        return operands.memory().address() + at;
    }

    void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        operands.begin(bytes(x, rows) + bytes(y, rows));
        launch.of(device.round).pointer(input(x, fromRow, toRow)).number(x.stride()).number(firstColumn)
            .pointer(output(y, fromRow, toRow)).number(y.stride()).number(typeOf(y)).number(y.columns())
            .queue(rows, 1, stream);
        finish();
    }

    void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        operands.begin(bytes(slotRows, rows * slots) + bytes(residual, rows) + (long)rows * slots * Float.BYTES);
        final long factors = operands.scratch((long)rows * slots * Float.BYTES);
        MemorySegment.copy(weights, fromRow * slots, operands.memory(), ValueLayout.JAVA_FLOAT, factors, rows * slots);
        launch.of(device.combine).pointer(input(slotRows, fromRow * slots, toRow * slots)).number(slotRows.stride())
            .pointer(operands.memory().address() + factors).number(slots).pointer(output(residual, fromRow, toRow))
            .number(residual.stride()).number(residual.columns()).queue(rows, 1, stream);
        finish();
    }

    void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        operands.begin(bytes(x, rows) + bytes(residual, rows));
        launch.of(device.add).pointer(input(x, fromRow, toRow)).number(x.stride())
            .pointer(output(residual, fromRow, toRow)).number(residual.stride()).number(residual.columns())
            .queue(rows, 1, stream);
        finish();
    }

    /** Of whole rows. */
    void attend(final AttentionBatch batch, final int fromRow, final int toRow) {
        final int rows = toRow - fromRow;
        final KvPages pages = batch.pages();
        int tablePages = 1;
        for (int row = fromRow; row < toRow; row++) {
            tablePages = Math.max(tablePages, batch.position(row) / KvPages.PAGE_TOKENS + 1);
        }
        final long pageBytes = pages.segment().byteSize();
        final boolean reached = device.pinned().contains(pages.segment());
        operands.begin(bytes(batch.queries(), rows) + bytes(batch.outputs(), rows) + (reached ? 0 : pageBytes)
            + (long)rows * (tablePages + 2) * Integer.BYTES);
        final long tables = operands.scratch((long)rows * tablePages * Integer.BYTES);
        final long sequences = operands.scratch((long)rows * Integer.BYTES);
        writeTables(batch, fromRow, toRow, tablePages, tables, sequences);
        final long scratch = operands.memory().address();
        launch.of(device.attend).pointer(input(batch.queries(), fromRow, toRow)).number(batch.queries().stride())
            .pointer(output(batch.outputs(), fromRow, toRow)).number(batch.outputs().stride())
            .pointer(operands.input(pages.segment(), 0, pageBytes)).pointer(scratch + tables).number(tablePages)
            .pointer(scratch + sequences).pointer(numbers(batch, fromRow, rows)).number(batch.slidingWindow())
            .real(batch.scale()).number(batch.layer()).number(pages.layers()).number(batch.heads())
            .number(pages.kvHeads()).number(pages.headDim()).queue(rows, batch.heads(), stream);
        finish();
    }

    private long numbers(final AttentionBatch batch, final int from, final int count) {
        final long at = operands.scratch((long)count * Integer.BYTES);
        for (int i = 0; i < count; i++) {
            operands.memory().set(ValueLayout.JAVA_INT, at + (long)i * Integer.BYTES, batch.position(from + i));
        }
        return operands.memory().address() + at;
    }

    /** Rows that follow one another and belong to one sequence share its table. */
    private void writeTables(final AttentionBatch batch, final int fromRow, final int toRow, final int tablePages,
        final long tables, final long sequences) {
        final MemorySegment memory = operands.memory();
        int sequence = -1;
        int written = 0;
        for (int row = fromRow; row < toRow; row++) {
            final int[] table = batch.pageTable(row);
            if (row == fromRow || table != batch.pageTable(row - 1)) {
                sequence++;
                written = 0;
            }
            final int needed = batch.position(row) / KvPages.PAGE_TOKENS + 1;
            if (needed > written) {
                MemorySegment.copy(table, written, memory, ValueLayout.JAVA_INT,
                    tables + ((long)sequence * tablePages + written) * Integer.BYTES, needed - written);
                written = needed;
            }
            memory.set(ValueLayout.JAVA_INT, sequences + (long)(row - fromRow) * Integer.BYTES, sequence);
        }
    }
}
