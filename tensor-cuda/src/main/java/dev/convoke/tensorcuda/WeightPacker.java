package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Brings a checkpoint's tensors to the GPU and packs them there: part by part through two pinned pieces, one being
 * filled while the other travels. One thread at a time.
 */
final class WeightPacker {
    private static final long PART_BYTES = 16L << 20;
    private static final int BF16_FORMAT = 0;
    private static final int BLOCKS_PER_MULTIPROCESSOR = 8;
    /** A part begins where a tile of gate and up does. */
    private static final int ROW_STEP = 64;

    /** Where a source matrix goes in a packed one. */
    enum Placement {
        /** From a packed row on. */
        PLAIN,
        /** The gate rows of a gated matrix. */
        GATE,
        /** The up rows. */
        UP
    }

    private final Device device;
    private final PinnedArena arena;
    private final Launch launch;
    private final MemorySegment[] parts = new MemorySegment[2];
    private final long[] sources = new long[2];
    private final long[] sent = new long[2];
    private final long stream;
    private float[] weights = new float[0];
    private long partBytes;
    private int turn;

    WeightPacker(final Device device) {
        this.device = device;
        arena = new PinnedArena(device);
        launch = new Launch(arena);
        stream = device.newStream();
        sent[0] = device.newEvent();
        sent[1] = device.newEvent();
    }

    /** Makes all of a packed matrix zero weights; to be done before its parts are packed. */
    void clear(final long packed, final long bytes) {
        DriverCalls.fill(packed, (byte)0, bytes, stream);
    }

    /** Packs a matrix [rows, inputs]; it is there once {@link #finish} has returned. */
    void pack(final long packed, final Tensor source, final Placement placement, final int firstRow,
        final Throttle throttle) {
        final int rows = Math.toIntExact(source.shape()[0]);
        final int inputs = Math.toIntExact(source.shape()[1]);
        final boolean quantised = source.dtype().isQuantised();
        final DType dtype = quantised ? DType.BF16 : source.dtype();
        final long rowBytes = (long)inputs * dtype.bytes();
        reserve(rowBytes * ROW_STEP);
        final int step = (int)Math.max(1, partBytes / (rowBytes * ROW_STEP)) * ROW_STEP;
        for (int row = 0; row < rows; row += step) {
            final int count = Math.min(step, rows - row);
            awaitTurn();
            if (quantised) {
                decode(source, row, count, inputs);
            } else {
                MemorySegment.copy(source.segment(), row * rowBytes, parts[turn], 0, count * rowBytes);
            }
            DriverCalls.copyToDevice(sources[turn], parts[turn].address(), count * rowBytes, stream);
            final boolean plain = placement == Placement.PLAIN;
            // Gate rows are counted from the start of the memory; two of them, with up, fill a tile of 128 rows.
            final long to = plain ? packed : packed + WeightLayout.gatedBytes(row, inputs);
            launch.of(device.pack).pointer(to).pointer(sources[turn]).pointer(0).number(BF16_FORMAT)
                .number(typeOf(dtype)).number(placement.ordinal()).number(plain ? firstRow + row : 0)
                .number(count).number(inputs)
                .queue(BLOCKS_PER_MULTIPROCESSOR * device.multiprocessors(), 1, stream);
            DriverCalls.record(sent[turn], stream);
            turn ^= 1;
            throttle.onPortion();
        }
    }

    private static int typeOf(final DType dtype) {
        return switch (dtype) {
            case F32 -> 0;
            case BF16 -> 1;
            case F16 -> 2;
            default -> throw new IllegalArgumentException("dtype " + dtype);
        };
    }

    private void reserve(final long bytes) {
        if (bytes <= partBytes) {
            return;
        }
        DriverCalls.synchronize(stream);
        partBytes = Math.max(PART_BYTES, bytes);
        for (int i = 0; i < parts.length; i++) {
            if (sources[i] != 0) {
                device.free(sources[i]);
            }
            parts[i] = arena.allocate(partBytes, DeviceArena.ALIGNMENT);
            sources[i] = device.allocate(partBytes);
            if (sources[i] == 0) {
                throw new DeviceException("The GPU has no " + partBytes + " bytes left to load weights through; lower "
                    + "--device-memory.");
            }
        }
    }

    /** Waits until what went through the same piece before has been packed. */
    private void awaitTurn() {
        while (!DriverCalls.isReached(sent[turn])) {
            Thread.onSpinWait();
        }
    }

    /** Quantised weights travel as the bf16 numbers they stand for. */
    private void decode(final Tensor source, final int firstRow, final int rows, final int inputs) {
        if (weights.length < inputs) {
            weights = new float[inputs];
        }
        for (int row = 0; row < rows; row++) {
            source.readOperands((long)(firstRow + row) * inputs, weights, inputs, DType.BF16);
            for (int k = 0; k < inputs; k++) {
                ElementAccess.write(parts[turn], DType.BF16, (long)row * inputs + k, weights[k]);
            }
        }
    }

    /** Copies packed weights to pinned memory, after all that was packed. */
    void copyBack(final long to, final long packed, final long bytes) {
        DriverCalls.copyToHost(to, packed, bytes, stream);
    }

    /** Waits for everything. */
    void finish() {
        DriverCalls.synchronize(stream);
    }
}
