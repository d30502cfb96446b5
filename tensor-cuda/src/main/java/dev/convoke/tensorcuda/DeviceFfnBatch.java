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
 * A grouped FFN on the GPU, on a stream of its own: rows come from the pinned memory they lie in, are gathered,
 * computed and brought back, and nothing waits in between. Few rows the kernels read and write in the machine's memory
 * themselves; many are copied. A batch of many results is computed in portions, launch after launch, so that the first
 * are on their way while the others are computed. Where experts visit, those at hand come first, in one launch, and the
 * others follow as they arrive, in launches (waves) of as many as the slots hold; then rows leave in another order than
 * they were added in, and all together.
 */
final class DeviceFfnBatch implements FfnBatch {
    /** Most waves of a batch. */
    private static final int MAX_WAVES = 16;
    /** Prefetched experts of a batch at most: one part in so many of the slots. */
    private static final int PREFETCH_DIVISOR = 8;
    /** Up to so many bytes of rows, each as often as an expert wants it, kernels read in the machine's memory. */
    static final long MOST_READ_BYTES = 1 << 20;
    /** Up to so many bytes of results kernels write there. */
    static final long MOST_WRITTEN_BYTES = 1 << 20;
    /** Results that are not worth a portion of their own. */
    static final long LEAST_PORTION_BYTES = 64 << 10;
    /** Most portions of a batch: where it is alone, and where others fill what small launches leave idle. */
    private static final int MAX_PORTIONS_ALONE = 2;
    private static final int MAX_PORTIONS = 4;
    private static final double NS_PER_MS = 1e6;

    private final Device device;
    private final ExpertStore store;
    private final FfnShape shape;
    private final PinnedArena pinned;
    private final RowBuffer output;
    private final long deviceOutput;
    private final long stream;
    /** Brings results back while the next are computed. */
    private final long copies;
    /** Points on the stream: before the rows are copied, behind that, behind the last launch, at the end. */
    private final long begun;
    private final long sent;
    private final long computed;
    private final long done;
    /** On the other stream, behind all copies. */
    private final long copied;
    private final long[] waveDone = new long[MAX_WAVES];
    private final MemorySegment elapsedMs;
    private final SortedRows sorted;
    private final GroupedLaunch launches;
    private final Portions portions;
    private final Sharing sharing;

    private RowBuffer source;
    private int layer;
    private MemorySegment staging;
    private long deviceInput;
    private long deviceInputBytes;
    private boolean inputCopied;
    private boolean outputCopied;
    private int waves;
    private int waveGroups;
    private final int[] waveGroup;
    private final int[] waveSlot;
    private final long[] waveAddress;
    private final boolean[] emitted;
    private final int[] portionLaunches = new int[MAX_PORTIONS];

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
        output = new RowBuffer(pinned, shape.dtype(), shape.rows(), shape.hidden());
        deviceOutput = device.allocateForRows(output.segment().byteSize());
        stream = device.newStream();
        copies = device.newStream();
        begun = device.newTimedEvent();
        sent = device.newTimedEvent();
        computed = device.newTimedEvent();
        done = device.newTimedEvent();
        copied = device.newEvent();
        Arrays.setAll(waveDone, i -> device.newEvent());
        elapsedMs = pinned.allocate(Float.BYTES, Float.BYTES);
        sorted = new SortedRows(shape);
        launches = new GroupedLaunch(device, pinned, shape, MAX_WAVES, stream);
        portions = new Portions(pinned, MAX_PORTIONS);
        sharing = new Sharing(device.batches());
        waveGroup = new int[shape.groups()];
        waveSlot = new int[shape.groups()];
        waveAddress = new long[shape.groups()];
        emitted = new boolean[shape.groups()];
        ExpertStore.onClose(arena, this::release);
    }

    private void release() {
        device.enter();
        DriverCalls.synchronize(stream);
        DriverCalls.synchronize(copies);
        sharing.end();
        launches.release();
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
        DriverCalls.destroyEvent(copied);
        DriverCalls.destroyStream(stream);
        DriverCalls.destroyStream(copies);
        pinned.close();
    }

    @Override
    public void clear(final int ofLayer, final RowBuffer from) {
        layer = ofLayer;
        source = from;
        sorted.clear();
    }

    @Override
    public void addGroup(final PackedFfn expert) {
        sorted.addGroup(expert);
    }

    @Override
    public void addRow(final int row, final float factor) {
        sorted.addRow(row, factor);
    }

    @Override
    public int capacity() {
        return shape.rows();
    }

    @Override
    public int rows() {
        return sorted.rows();
    }

    @Override
    public int groups() {
        return sorted.groups();
    }

    @Override
    public RowBuffer output() {
        return output;
    }

    @Override
    public int outputRow(final int row) {
        return sorted.output(row);
    }

    @Override
    public void start() {
        device.enter();
        sharing.begin();
        waves = 0;
        portions.begin();
        Arrays.fill(emitted, 0, groups(), false);
        DriverCalls.record(begun, stream);
        if (rows() > 0) {
            final long bytes = output.rowOffsetBytes(rows());
            inputCopied = bytes > MOST_READ_BYTES;
            outputCopied = bytes > MOST_WRITTEN_BYTES;
            launches.begin(sorted, sendRows(), source.stride(),
                outputCopied ? deviceOutput : output.segment().address(), output);
            if (store.hasVisitors()) {
                startWithVisitors();
                endPortion(0, true);
                prefetch();
            } else {
                startInPortions();
            }
        }
    }

    /**
     * Each portion has half of the rows that are left, so that there is little to send when the last is computed. A
     * launch of few experts leaves part of the GPU idle in its second product: without others beside it, a portion is
     * as large as fills it.
     */
    private void startInPortions() {
        final boolean isShared = sharing.isShared();
        final int mostPortions = isShared ? MAX_PORTIONS : MAX_PORTIONS_ALONE;
        final int leastGroups = isShared ? 1
            : Math.ceilDiv(device.multiprocessors(), Math.ceilDiv(shape.hidden(), WeightLayout.TILE_ROWS));
        int count = 0;
        int group = 0;
        while (group < groups()) {
            final int first = group;
            final int left = rows() - sorted.first(first);
            final boolean isLast = count + 1 == mostPortions || groups() - first < 2 * leastGroups
                || output.rowOffsetBytes(left) <= LEAST_PORTION_BYTES;
            final int end = isLast ? rows() : rows() - left / 2;
            do {
                addToWave(group, ExpertCache.NONE);
                group++;
            } while (group < groups() && (isLast || sorted.first(group) < end || group - first < leastGroups));
            launches.prepare(waveGroup, waveAddress, waveGroups);
            waveGroups = 0;
            portionLaunches[count] = launches.prepared();
            count++;
        }
        launches.send();
        for (int portion = 0; portion < count; portion++) {
            final int from = launches.rowsOut();
            launches.queue(portionLaunches[portion]);
            endPortion(from, portion + 1 == count);
        }
    }

    /** Has the results since a row brought back, and the next portion end when they are. */
    private void endPortion(final int from, final boolean isLast) {
        final int rowsOut = launches.rowsOut();
        final long offset = output.rowOffsetBytes(from);
        final long bytes = output.rowOffsetBytes(rowsOut) - offset;
        if (!isLast) {
            if (outputCopied) {
                final long event = waveDone[portions.queued()];
                DriverCalls.record(event, stream);
                DriverCalls.await(copies, event);
                DriverCalls.copyToHost(output.segment().address() + offset, deviceOutput + offset, bytes, copies);
            }
            portions.end(rowsOut, outputCopied ? copies : stream);
            return;
        }
        if (outputCopied) {
            DriverCalls.record(computed, stream);
            DriverCalls.copyToHost(output.segment().address() + offset, deviceOutput + offset, bytes, stream);
            if (portions.queued() > 0) {
                DriverCalls.record(copied, copies);
                DriverCalls.await(stream, copied);
            }
        }
        DriverCalls.record(done, stream);
        portions.end(rowsOut, stream);
    }

    @Override
    public int rowsDone() {
        final int rowsDone = portions.rowsDone(done);
        if (rowsDone == rows()) {
            sharing.end();
        }
        return rowsDone;
    }

    @Override
    public long deviceNs() {
        return rows() == 0 ? 0 : elapsedNs(begun, done);
    }

    @Override
    public long deviceCopyNs() {
        return rows() == 0 ? 0
            : (inputCopied ? elapsedNs(begun, sent) : 0) + (outputCopied ? elapsedNs(computed, done) : 0);
    }

    private long elapsedNs(final long from, final long to) {
        DriverCalls.elapsed(elapsedMs.address(), from, to);
        return (long)(elapsedMs.get(ValueLayout.JAVA_FLOAT, 0) * NS_PER_MS);
    }

    /** Where kernels find the row with number 0 of the source; only those that are wanted are copied. */
    private long sendRows() {
        final long from = source.rowOffsetBytes(sorted.leastSource());
        final long bytes = source.rowOffsetBytes(sorted.mostSource() + 1) - from;
        long address = source.segment().address();
        if (!device.pinned().contains(address + from, bytes)) {
            address = stage(from, bytes);
        }
        if (!inputCopied) {
            return address;
        }
        reserveInput(source.segment().byteSize());
        DriverCalls.copyToDevice(deviceInput + from, address + from, bytes, stream);
        DriverCalls.record(sent, stream);
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
            deviceInput = device.allocateForRows(bytes);
            deviceInputBytes = bytes;
        }
    }

    /** First all that is at hand, then the others as they come. */
    private void startWithVisitors() {
        final ExpertCache cache = store.cache();
        cache.visit(layer);
        cache.beginWave();
        int left = 0;
        for (int group = 0; group < groups(); group++) {
            final int slot = slotAtHand(cache, sorted.expert(group));
            if (sorted.expert(group).isResident() || slot != ExpertCache.NONE) {
                addToWave(group, slot);
            } else {
                left++;
            }
        }
        startWave();
        while (left > 0) {
            cache.beginWave();
            addComing(cache);
            addMissing(cache);
            left -= waveGroups;
            startWave();
        }
    }

    /** Those on their way, before others could take their slots. */
    private void addComing(final ExpertCache cache) {
        for (int group = 0; group < groups(); group++) {
            if (!emitted[group]) {
                final int slot = cache.slotOf(sorted.expert(group).visitor());
                if (slot != ExpertCache.NONE) {
                    cache.keep(slot);
                    addToWave(group, slot);
                }
            }
        }
    }

    private void addMissing(final ExpertCache cache) {
        for (int group = 0; group < groups(); group++) {
            if (!emitted[group]) {
                final int visitor = sorted.expert(group).visitor();
                final int slot = cache.place(visitor);
                if (slot == ExpertCache.NONE) {
                    return;
                }
                store.fetch(visitor, slot);
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
        waveAddress[waveGroups] = slot == ExpertCache.NONE ? sorted.expert(group).address() : store.slotAddress(slot);
        waveGroups++;
    }

    /** Queues the launches of the groups collected; nothing if there are none. */
    private void startWave() {
        if (waveGroups == 0) {
            return;
        }
        awaitVisitors();
        launches.prepare(waveGroup, waveAddress, waveGroups);
        launches.send();
        launches.queue(launches.prepared());
        releaseVisitors();
        waves++;
        waveGroups = 0;
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
