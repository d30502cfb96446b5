package dev.convoke.tensorcuda;

import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A grouped FFN on the GPU, on a stream of its own: rows are copied once from the pinned memory they lie in, gathered,
 * computed and copied back, and nothing waits in between. Groups whose experts are at hand come first, in one launch;
 * the others follow as their experts arrive, in launches (waves) of as many as the slots hold. So rows leave in another
 * order than they were added in.
 */
final class DeviceFfnBatch implements FfnBatch {
    /** Most waves of a batch. */
    private static final int MAX_WAVES = 16;
    /** Prefetched experts of a batch at most: one part in so many of the slots. */
    private static final int PREFETCH_DIVISOR = 8;
    private static final int EXPERT_MODE = 2;
    private static final double NS_PER_MS = 1e6;
    /** Up to so many rows kernels read and write the machine's memory themselves; a copy is not worth its start. */
    private static final int MAPPED_ROWS = Integer.getInteger("convoke.cuda.mapped-rows", 0);

    private final Device device;
    private final ExpertStore store;
    private final FfnShape shape;
    private final PinnedArena pinned;
    private final Launch launch;
    private final RowBuffer output;
    private final long stream;
    /** Points on the stream: before the rows are copied, behind that, behind the last launch, at the end. */
    private final long begun;
    private final long sent;
    private final long computed;
    private final long done;
    private final MemorySegment elapsedMs;
    private final long[] waveDone = new long[MAX_WAVES];
    /** What a wave's launch reads beside rows and weights: offsets, addresses, sources, scales. */
    private final MemorySegment header;
    private final long deviceHeader;
    private final long workspace;
    private final long deviceOutput;
    private long deviceInput;
    private long deviceInputBytes;

    private final DeviceFfn[] weights;
    private final int[] firstRow;
    private final int[] sourceRow;
    private final float[] scale;
    private final int[] outputRow;
    private final boolean[] emitted;
    private RowBuffer source;
    private MemorySegment staging;
    private boolean scaled;
    private int layer;
    private int groups;
    private int leastSource;
    private int mostSource;

    private long input;
    private int headerBytes;
    private int waves;
    private int rowsOut;
    private int waveGroups;
    private final int[] waveGroup;
    private final int[] waveSlot;

    /** Takes memory of the GPU and of the machine that goes back when the arena is closed. */
    DeviceFfnBatch(final Device device, final ExpertStore store, final Arena arena, final FfnShape shape) {
        this.device = device;
        this.store = store;
        this.shape = shape;
        if (shape.groups() > device.maxGroups()) {
            throw new DeviceException("A layer has " + shape.groups() + " experts and the CUDA kernels take "
                + device.maxGroups() + "; choose another backend.");
        }
        if (store.hasVisitors() && store.cache().slots() * (MAX_WAVES - 1) < shape.groups()) {
            throw new DeviceException("The GPU's memory has room for " + store.cache().slots() + " visiting experts, "
                + "and a layer may want " + shape.groups() + "; raise --device-memory.");
        }
        pinned = new PinnedArena(device);
        launch = new Launch(pinned);
        output = new RowBuffer(pinned, shape.dtype(), shape.rows(), shape.hidden());
        stream = device.newStream();
        begun = device.newTimedEvent();
        sent = device.newTimedEvent();
        computed = device.newTimedEvent();
        done = device.newTimedEvent();
        elapsedMs = pinned.allocate(Float.BYTES, Float.BYTES);
        Arrays.setAll(waveDone, i -> device.newEvent());
        header = pinned.allocate(headerCapacity(shape), Long.BYTES);
        deviceHeader = allocated(header.byteSize());
        final long workspaceBytes = Workspace.bytes(shape.rows(), shape.groups(), shape.hidden(), shape.width());
        workspace = allocated(workspaceBytes);
        DriverCalls.fill(workspace, (byte)0, Workspace.counterBytes(shape.rows(), shape.groups()), stream);
        deviceOutput = allocated(output.segment().byteSize());
        weights = new DeviceFfn[shape.groups()];
        firstRow = new int[shape.groups() + 1];
        sourceRow = new int[shape.rows()];
        scale = new float[shape.rows()];
        outputRow = new int[shape.rows()];
        emitted = new boolean[shape.groups()];
        waveGroup = new int[shape.groups()];
        waveSlot = new int[shape.groups()];
        ExpertStore.onClose(arena, this::release);
    }

    private static long headerCapacity(final FfnShape shape) {
        return MAX_WAVES * (4L * (shape.groups() + 1) + 4 * Long.BYTES) + 16L * shape.groups() + 8L * shape.rows();
    }

    private long allocated(final long bytes) {
        final long address = device.allocate(bytes);
        if (address == 0) {
            throw new DeviceException("The GPU has no " + bytes + " bytes of memory left for rows; lower "
                + "--device-memory.");
        }
        return address;
    }

    private void release() {
        device.enter();
        DriverCalls.synchronize(stream);
        device.free(deviceHeader);
        device.free(workspace);
        device.free(deviceOutput);
        if (deviceInput != 0) {
            device.free(deviceInput);
        }
        for (final long event : waveDone) {
            DriverCalls.destroyEvent(event);
        }
        DriverCalls.destroyEvent(begun);
        DriverCalls.destroyEvent(sent);
        DriverCalls.destroyEvent(computed);
        DriverCalls.destroyEvent(done);
        DriverCalls.destroyStream(stream);
        pinned.close();
    }

    @Override
    public void clear(final int ofLayer, final RowBuffer from) {
        layer = ofLayer;
        source = from;
        groups = 0;
        scaled = false;
        leastSource = Integer.MAX_VALUE;
        mostSource = -1;
    }

    @Override
    public void addGroup(final PackedFfn expert) {
        weights[groups] = (DeviceFfn)expert;
        firstRow[groups + 1] = firstRow[groups];
        groups++;
    }

    @Override
    public void addRow(final int row, final float factor) {
        final int at = firstRow[groups]++;
        sourceRow[at] = row;
        leastSource = Math.min(leastSource, row);
        mostSource = Math.max(mostSource, row);
        scaled |= !Float.isNaN(factor);
        scale[at] = Float.isNaN(factor) ? 1 : factor;
    }

    @Override
    public int capacity() {
        return shape.rows();
    }

    @Override
    public int rows() {
        return firstRow[groups];
    }

    @Override
    public int groups() {
        return groups;
    }

    @Override
    public RowBuffer output() {
        return output;
    }

    @Override
    public int outputRow(final int row) {
        return outputRow[row];
    }

    @Override
    public void start() {
        device.enter();
        headerBytes = 0;
        waves = 0;
        rowsOut = 0;
        Arrays.fill(emitted, 0, groups, false);
        DriverCalls.record(begun, stream);
        if (rows() > 0) {
            final boolean mapped = rows() <= MAPPED_ROWS;
            input = sendRows(mapped);
            DriverCalls.record(sent, stream);
            final long results = mapped ? output.segment().address() : deviceOutput;
            if (store.hasVisitors()) {
                startWithVisitors(results, mapped);
            } else {
                for (int group = 0; group < groups; group++) {
                    addToWave(group, ExpertCache.NONE);
                }
                startWave(results, mapped);
            }
            DriverCalls.record(computed, stream);
            if (!mapped) {
                DriverCalls.copyToHost(output.segment().address(), deviceOutput, output.rowOffsetBytes(rows()), stream);
            }
        }
        DriverCalls.record(done, stream);
        if (store.hasVisitors()) {
            prefetch();
        }
    }

    @Override
    public boolean isDone() {
        return DriverCalls.isReached(done);
    }

    @Override
    public long deviceNs() {
        return rows() == 0 ? 0 : elapsedNs(begun, done);
    }

    @Override
    public long deviceCopyNs() {
        return rows() == 0 ? 0 : elapsedNs(begun, sent) + elapsedNs(computed, done);
    }

    private long elapsedNs(final long from, final long to) {
        DriverCalls.elapsed(elapsedMs.address(), from, to);
        return (long)(elapsedMs.get(ValueLayout.JAVA_FLOAT, 0) * NS_PER_MS);
    }

    /** Where kernels find the row with number 0 of the source; only those that are wanted are copied. */
    private long sendRows(final boolean mapped) {
        final long from = source.rowOffsetBytes(leastSource);
        final long bytes = source.rowOffsetBytes(mostSource + 1) - from;
        long address = source.segment().address();
        if (!device.pinned().contains(address + from, bytes)) {
            address = stage(from, bytes);
        }
        if (mapped) {
            return address;
        }
        reserveInput(source.segment().byteSize());
        DriverCalls.copyToDevice(deviceInput + from, address + from, bytes, stream);
        return deviceInput;
    }

    /** For rows in memory that the GPU does not reach. */
    private long stage(final long from, final long bytes) {
        if (staging == null || staging.byteSize() < source.segment().byteSize()) {
            staging = pinned.allocate(source.segment().byteSize(), DeviceArena.ALIGNMENT);
        }
        MemorySegment.copy(source.segment(), from, staging, from, bytes);
        return staging.address();
    }

    private void reserveInput(final long bytes) {
        if (bytes > deviceInputBytes) {
            if (deviceInput != 0) {
                DriverCalls.synchronize(stream);
                device.free(deviceInput);
            }
            deviceInput = allocated(bytes);
            deviceInputBytes = bytes;
        }
    }

    /** First all that is at hand, then the others as they come. */
    private void startWithVisitors(final long results, final boolean mapped) {
        final ExpertCache cache = store.cache();
        cache.visit(layer);
        cache.beginWave();
        int left = 0;
        for (int group = 0; group < groups; group++) {
            final int slot = slotAtHand(cache, weights[group]);
            if (weights[group].isResident() || slot != ExpertCache.NONE) {
                addToWave(group, slot);
            } else {
                left++;
            }
        }
        startWave(results, mapped);
        while (left > 0) {
            cache.beginWave();
            addComing(cache);
            addMissing(cache);
            left -= waveGroups;
            startWave(results, mapped);
        }
    }

    /** Those on their way, before others could take their slots. */
    private void addComing(final ExpertCache cache) {
        for (int group = 0; group < groups; group++) {
            if (!emitted[group]) {
                final int slot = cache.slotOf(weights[group].visitor());
                if (slot != ExpertCache.NONE) {
                    cache.keep(slot);
                    addToWave(group, slot);
                }
            }
        }
    }

    private void addMissing(final ExpertCache cache) {
        for (int group = 0; group < groups; group++) {
            if (!emitted[group]) {
                final int slot = cache.place(weights[group].visitor());
                if (slot == ExpertCache.NONE) {
                    return;
                }
                store.fetch(weights[group].visitor(), slot);
                addToWave(group, slot);
            }
        }
    }

    private int slotAtHand(final ExpertCache cache, final DeviceFfn expert) {
        if (expert.isResident()) {
            return ExpertCache.NONE;
        }
        cache.use(expert.visitor());
        final int slot = cache.slotOf(expert.visitor());
        if (slot == ExpertCache.NONE) {
            return slot;
        }
        cache.keep(slot);
        return store.hasArrived(slot) ? slot : ExpertCache.NONE;
    }

    private void prefetch() {
        final ExpertCache cache = store.cache();
        for (int most = Math.max(1, cache.slots() / PREFETCH_DIVISOR); most > 0; most--) {
            final int visitor = cache.worthFetching();
            if (visitor == ExpertCache.NONE) {
                return;
            }
            store.fetch(visitor, cache.place(visitor));
        }
    }

    private void addToWave(final int group, final int slot) {
        emitted[group] = true;
        waveGroup[waveGroups] = group;
        waveSlot[waveGroups] = slot;
        waveGroups++;
    }

    /** Writes the header of the groups collected and queues their launch; nothing if there are none. */
    private void startWave(final long results, final boolean mapped) {
        if (waveGroups == 0) {
            return;
        }
        int rowsIn = 0;
        for (int i = 0; i < waveGroups; i++) {
            rowsIn += firstRow[waveGroup[i] + 1] - firstRow[waveGroup[i]];
        }
        final int firsts = headerBytes;
        final int seconds = firsts + waveGroups * Long.BYTES;
        final int sources = seconds + waveGroups * Long.BYTES;
        final int scales = sources + rowsIn * Integer.BYTES;
        final int offsets = scales + (scaled ? rowsIn * Float.BYTES : 0);
        final int end = offsets + (shape.groups() + 1) * Integer.BYTES;
        writeGroups(firsts, seconds, offsets);
        final int firstResult = rowsOut;
        writeRows(sources, scales);
        if (!mapped) {
            DriverCalls.copyToDevice(deviceHeader + firsts, header.address() + firsts, end - firsts, stream);
        }
        final long at = mapped ? header.address() : deviceHeader;
        awaitVisitors();
        launch.of(device.grouped).pointer(input).pointer(at + sources).pointer(scaled ? at + scales : 0)
            .pointer(at + offsets).pointer(at + firsts).pointer(at + seconds)
            .pointer(results + output.rowOffsetBytes(firstResult)).pointer(workspace)
            .number(shape.groups()).number(shape.rows()).number(source.stride()).number(output.stride())
            .number(shape.hidden()).number(shape.width()).number(shape.hidden()).number(EXPERT_MODE)
            .queue(device.gridBlocks(), 1, stream);
        releaseVisitors();
        headerBytes = (end + Long.BYTES - 1) & -Long.BYTES;
        waves++;
        waveGroups = 0;
    }

    private void writeGroups(final int firsts, final int seconds, final int offsets) {
        int rows = 0;
        for (int i = 0; i < waveGroups; i++) {
            final DeviceFfn expert = weights[waveGroup[i]];
            final long address = expert.isResident() ? expert.address() : store.slotAddress(waveSlot[i]);
            header.set(ValueLayout.JAVA_LONG, firsts + (long)i * Long.BYTES, address);
            header.set(ValueLayout.JAVA_LONG, seconds + (long)i * Long.BYTES, address + expert.downOffset());
            header.set(ValueLayout.JAVA_INT, offsets + (long)i * Integer.BYTES, rows);
            rows += firstRow[waveGroup[i] + 1] - firstRow[waveGroup[i]];
        }
        for (int i = waveGroups; i <= shape.groups(); i++) {
            header.set(ValueLayout.JAVA_INT, offsets + (long)i * Integer.BYTES, rows);
        }
    }

    private void writeRows(final int sources, final int scales) {
        int row = 0;
        for (int i = 0; i < waveGroups; i++) {
            for (int at = firstRow[waveGroup[i]]; at < firstRow[waveGroup[i] + 1]; at++) {
                header.set(ValueLayout.JAVA_INT, sources + (long)row * Integer.BYTES, sourceRow[at]);
                if (scaled) {
                    header.set(ValueLayout.JAVA_FLOAT, scales + (long)row * Float.BYTES, scale[at]);
                }
                outputRow[at] = rowsOut + row;
                row++;
            }
        }
        rowsOut += row;
    }

    private void awaitVisitors() {
        for (int i = 0; i < waveGroups; i++) {
            if (waveSlot[i] != ExpertCache.NONE) {
                store.awaitArrival(waveSlot[i], stream);
            }
        }
    }

    private void releaseVisitors() {
        final long event = waveDone[waves % MAX_WAVES];
        boolean any = false;
        for (int i = 0; i < waveGroups; i++) {
            if (waveSlot[i] != ExpertCache.NONE) {
                store.used(waveSlot[i], event);
                any = true;
            }
        }
        if (any) {
            DriverCalls.record(event, stream);
        }
    }
}
