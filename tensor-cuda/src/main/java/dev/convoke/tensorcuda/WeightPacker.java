package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Brings a checkpoint's tensors to the GPU and packs them there: part by part through two pinned pieces, one being
 * filled while the other travels. One thread at a time.
 */
final class WeightPacker {
    private static final long PART_BYTES = 16L << 20;
    private static final int BLOCKS_PER_MULTIPROCESSOR = 8;
    /** A part begins where a tile of gate and up does, and a scale of E4M3. */
    private static final int ROW_STEP = 128;
    private static final int GROUP = 32;
    private static final int GROUP_CODE_BYTES = GROUP / 2;
    private static final long LOWER_NIBBLES = 0x0F0F_0F0F_0F0F_0F0FL;
    private static final long UPPER_NIBBLES = ~LOWER_NIBBLES;

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

    /**
     * Packs a matrix [rows, inputs]; it is there once {@link #finish} has returned.
     *
     * @param format of the packed weights: that of the matrix itself, or bf16
     */
    void pack(final WeightFormat format, final long packed, final Tensor source, final Placement placement,
        final int firstRow, final Throttle throttle) {
        final int rows = Math.toIntExact(source.shape()[0]);
        final int inputs = Math.toIntExact(source.shape()[1]);
        final DType travels = format == WeightFormat.BF16 && source.dtype().isQuantised() ? DType.BF16 : source.dtype();
        final long rowBytes = travels.bytesOf(inputs);
        reserve(rowBytes * ROW_STEP);
        final int step = (int)Math.max(1, partBytes / (rowBytes * ROW_STEP)) * ROW_STEP;
        for (int row = 0; row < rows; row += step) {
            final int count = Math.min(step, rows - row);
            awaitTurn();
            fill(format, source, row, count, inputs);
            DriverCalls.copyToDevice(sources[turn], parts[turn].address(), count * rowBytes, stream);
            final boolean plain = placement == Placement.PLAIN;
            // Gate rows are counted from the start of the memory; two of them, with up, fill a tile of 128 rows.
            final long to = plain ? packed : packed + WeightLayout.gatedBytes(format, row, inputs);
            final long scales = format.hasScalesApart() ? sources[turn] + codeBytes(format, count, inputs) : 0;
            launch.of(device.pack).pointer(to).pointer(sources[turn]).pointer(scales).number(format.number())
                .number(typeOf(travels)).number(placement.ordinal()).number(plain ? firstRow + row : 0)
                .number(count).number(inputs)
                .queue(BLOCKS_PER_MULTIPROCESSOR * device.multiprocessors(), 1, stream);
            DriverCalls.record(sent[turn], stream);
            turn ^= 1;
            throttle.onPortion();
        }
    }

    /** Brings rows into the pinned piece whose turn it is, as the kernel takes them. */
    private void fill(final WeightFormat format, final Tensor source, final int row, final int count,
        final int inputs) {
        if (format == WeightFormat.MXFP4) {
            divideBlocks(source, row, count, inputs);
        } else if (format == WeightFormat.FP8) {
            BlockScales.divide(source, row, count, parts[turn]);
        } else if (format == WeightFormat.BF16 && source.dtype().isQuantised()) {
            decode(source, row, count, inputs);
        } else {
            final long rowBytes = source.dtype().bytesOf(inputs);
            MemorySegment.copy(source.segment(), row * rowBytes, parts[turn], 0, count * rowBytes);
        }
    }

    private static long codeBytes(final WeightFormat format, final int rows, final int inputs) {
        return (long)rows * inputs / (format == WeightFormat.FP8 ? 1 : GROUP / GROUP_CODE_BYTES);
    }

    /** GGUF's blocks of a scale and of codes i and i + 16 in a byte become codes in order and, behind all, scales. */
    private void divideBlocks(final Tensor source, final int firstRow, final int rows, final int inputs) {
        final int groups = rows * (inputs / GROUP);
        final MemorySegment part = parts[turn];
        final long scales = codeBytes(WeightFormat.MXFP4, rows, inputs);
        long from = (long)firstRow * (inputs / GROUP) * DType.MXFP4.blockBytes();
        for (int group = 0; group < groups; group++) {
            final long first = source.segment().get(ValueLayout.JAVA_LONG_UNALIGNED, from + 1);
            final long second = source.segment().get(ValueLayout.JAVA_LONG_UNALIGNED, from + 1 + Long.BYTES);
            part.set(ValueLayout.JAVA_LONG, (long)group * GROUP_CODE_BYTES,
                Long.compress(first, LOWER_NIBBLES) | Long.compress(second, LOWER_NIBBLES) << Integer.SIZE);
            part.set(ValueLayout.JAVA_LONG, (long)group * GROUP_CODE_BYTES + Long.BYTES,
                Long.compress(first, UPPER_NIBBLES) | Long.compress(second, UPPER_NIBBLES) << Integer.SIZE);
            part.set(ValueLayout.JAVA_BYTE, scales + group, source.segment().get(ValueLayout.JAVA_BYTE, from));
            from += DType.MXFP4.blockBytes();
        }
    }

    private static int typeOf(final DType dtype) {
        return switch (dtype) {
            case F32 -> 0;
            case BF16 -> 1;
            case F16 -> 2;
            // Those that stay as they are have no type beside their format.
            default -> 0;
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
