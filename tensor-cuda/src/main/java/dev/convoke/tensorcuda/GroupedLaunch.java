package dev.convoke.tensorcuda;

import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Launches of the groups of a batch on its stream. What kernels read beside rows and weights (offsets, addresses,
 * sources, scales) is written for any number of launches and copied to the GPU at once: blocks read it again and again.
 * One thread's; allocates nothing.
 */
final class GroupedLaunch {
    private static final int EXPERT_MODE = 2;

    private final Device device;
    private final FfnShape shape;
    private final long stream;
    private final Launch launch;
    private final MemorySegment header;
    private final long deviceHeader;
    private final long workspace;
    /** Of each launch: the format of its weights, where its part of the header begins, its groups and its rows. */
    private final int[] formats;
    private final int[] headers;
    private final int[] groupCounts;
    private final int[] rowCounts;
    private SortedRows rows;
    private RowBuffer output;
    private long input;
    private int inputStride;
    private long results;
    private int prepared;
    private int queued;
    private int headerBytes;
    private int headerSent;
    private int rowsPrepared;
    private int rowsOut;

    /**
     * Takes memory of the GPU until {@link #release}.
     *
     * @param pinned memory of the machine that the GPU reaches
     * @param waves  most calls of {@link #prepare} in a batch
     */
    GroupedLaunch(final Device device, final PinnedArena pinned, final FfnShape shape, final int waves,
        final long stream) {
        this.device = device;
        this.shape = shape;
        this.stream = stream;
        launch = new Launch(pinned);
        final int launches = waves * WeightFormat.COUNT;
        header = pinned.allocate(launches * (Integer.BYTES * (shape.groups() + 1L) + Long.BYTES)
            + 2L * Long.BYTES * shape.groups() + 2L * Integer.BYTES * shape.rows(), Long.BYTES);
        deviceHeader = device.allocateForRows(header.byteSize());
        workspace = device.allocateForRows(
            Workspace.bytes(shape.rows(), shape.groups(), shape.hidden(), shape.width()));
        DriverCalls.fill(workspace, (byte)0, Workspace.counterBytes(shape.rows(), shape.groups()), stream);
        formats = new int[launches];
        headers = new int[launches];
        groupCounts = new int[launches];
        rowCounts = new int[launches];
    }

    void release() {
        device.free(deviceHeader);
        device.free(workspace);
    }

    /**
     * Another batch begins.
     *
     * @param from  address of row 0 of the source
     * @param width of a row of it, in elements
     * @param to    address of row 0 of the results
     * @param like  rows of the same layout as the results
     */
    void begin(final SortedRows sorted, final long from, final int width, final long to, final RowBuffer like) {
        rows = sorted;
        input = from;
        inputStride = width;
        results = to;
        output = like;
        prepared = 0;
        queued = 0;
        headerBytes = 0;
        headerSent = 0;
        rowsPrepared = 0;
        rowsOut = 0;
    }

    /** Launches prepared so far. */
    int prepared() {
        return prepared;
    }

    /** Rows of the launches queued so far; their results lie one behind the other in this order. */
    int rowsOut() {
        return rowsOut;
    }

    /** Prepares a launch for each format that some of the groups have; each group's weights lie at an address. */
    void prepare(final int[] groups, final long[] addresses, final int count) {
        for (int format = 0; format < WeightFormat.COUNT; format++) {
            prepare(WeightFormat.at(format), groups, addresses, count);
        }
    }

    private void prepare(final WeightFormat format, final int[] groups, final long[] addresses, final int count) {
        int picked = 0;
        int rowsIn = 0;
        for (int i = 0; i < count; i++) {
            if (rows.expert(groups[i]).format() == format) {
                picked++;
                rowsIn += rows.count(groups[i]);
            }
        }
        if (picked == 0) {
            return;
        }
        formats[prepared] = format.ordinal();
        headers[prepared] = headerBytes;
        groupCounts[prepared] = picked;
        rowCounts[prepared] = rowsIn;
        writeHeader(format, groups, addresses, count);
        headerBytes = (offsetsOf(prepared) + (shape.groups() + 1) * Integer.BYTES + Long.BYTES - 1) & -Long.BYTES;
        rowsPrepared += rowsIn;
        prepared++;
    }

    private int secondsOf(final int number) {
        return headers[number] + groupCounts[number] * Long.BYTES;
    }

    private int sourcesOf(final int number) {
        return secondsOf(number) + groupCounts[number] * Long.BYTES;
    }

    private int scalesOf(final int number) {
        return sourcesOf(number) + rowCounts[number] * Integer.BYTES;
    }

    private int offsetsOf(final int number) {
        return scalesOf(number) + (rows.isScaled() ? rowCounts[number] * Float.BYTES : 0);
    }

    private void writeHeader(final WeightFormat format, final int[] groups, final long[] addresses, final int count) {
        final int seconds = secondsOf(prepared);
        final int offsets = offsetsOf(prepared);
        int written = 0;
        int row = 0;
        for (int i = 0; i < count; i++) {
            final DeviceFfn expert = rows.expert(groups[i]);
            if (expert.format() == format) {
                header.set(ValueLayout.JAVA_LONG, headers[prepared] + (long)written * Long.BYTES, addresses[i]);
                header.set(ValueLayout.JAVA_LONG, seconds + (long)written * Long.BYTES,
                    addresses[i] + expert.downOffset());
                header.set(ValueLayout.JAVA_INT, offsets + (long)written * Integer.BYTES, row);
                row = writeRows(groups[i], row);
                written++;
            }
        }
        for (; written <= shape.groups(); written++) {
            header.set(ValueLayout.JAVA_INT, offsets + (long)written * Integer.BYTES, row);
        }
    }

    private int writeRows(final int group, final int from) {
        final int sources = sourcesOf(prepared);
        final int scales = scalesOf(prepared);
        int row = from;
        for (int at = rows.first(group); at < rows.first(group + 1); at++) {
            header.set(ValueLayout.JAVA_INT, sources + (long)row * Integer.BYTES, rows.source(at));
            if (rows.isScaled()) {
                header.set(ValueLayout.JAVA_FLOAT, scales + (long)row * Float.BYTES, rows.scale(at));
            }
            rows.output(at, rowsPrepared + row);
            row++;
        }
        return row;
    }

    /** Queues the copy of what was written for the launches prepared since this was called last. */
    void send() {
        DriverCalls.copyToDevice(deviceHeader + headerSent, header.address() + headerSent, headerBytes - headerSent,
            stream);
        headerSent = headerBytes;
    }

    /** Queues the launches that were prepared, up to this number of them. */
    void queue(final int end) {
        for (; queued < end; queued++) {
            launch.of(device.grouped(WeightFormat.at(formats[queued]))).pointer(input)
                .pointer(deviceHeader + sourcesOf(queued))
                .pointer(rows.isScaled() ? deviceHeader + scalesOf(queued) : 0)
                .pointer(deviceHeader + offsetsOf(queued)).pointer(deviceHeader + headers[queued])
                .pointer(deviceHeader + secondsOf(queued)).pointer(results + output.rowOffsetBytes(rowsOut))
                .pointer(workspace).number(shape.groups()).number(shape.rows()).number(inputStride)
                .number(output.stride()).number(shape.hidden()).number(shape.width()).number(shape.hidden())
                .number(EXPERT_MODE).queue(device.gridBlocks(), 1, stream);
            rowsOut += rowCounts[queued];
        }
    }
}
