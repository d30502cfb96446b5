package dev.convoke.tensorcuda;

import dev.convoke.core.Throttle;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;

/**
 * Where the experts of a process lie: in the GPU's memory as far as the budget goes, spread evenly over the layers, the
 * others packed in pinned memory of the machine. Those visit slots of the GPU's memory, copied on a stream of their own
 * while the GPU computes. Packing may happen on any thread; visits belong to the one thread that computes.
 */
final class ExpertStore {
    /** For rows, workspaces and what the driver takes: this share of the memory, but not less than the bytes. */
    private static final double RESERVE_SHARE = 0.06;
    private static final long RESERVE_BYTES = 768L << 20;
    private static final double GB = 1e9;

    private final Device device;
    private final DeviceArena memory;
    private final WeightPacker packer;
    private final long stream;
    private long availableBytes;
    private long ffnBytes;
    private ExpertPlan plan;
    private long expertBytes;
    private long base;
    private int packed;
    private int stayed;
    private int live;
    private ExpertCache cache;
    private long[] machineAddress = new long[16];
    private long[] ready;
    private boolean[] arrived;
    private long[] lastUse;

    ExpertStore(final Device device, final DeviceArena memory, final WeightPacker packer) {
        this.device = device;
        this.memory = memory;
        this.packer = packer;
        stream = device.newStream();
    }

    /** Decides how much of the GPU is for weights; returns how many bytes of them the machine has to hold. */
    synchronized long plan(final long matrices, final long ffns, final long limitBytes) {
        final long free = device.freeBytes();
        final long budget = Math.min(limitBytes, free - Math.max(RESERVE_BYTES, (long)(RESERVE_SHARE * free)));
        if (matrices > budget) {
            throw new DeviceException(String.format(Locale.ROOT, "The decoder's own weights take %.1f GB, but %.1f GB "
                + "of the GPU's memory may be used; choose another backend for the decoder.", matrices / GB,
                budget / GB));
        }
        availableBytes = budget - matrices;
        ffnBytes = ffns;
        return Math.max(0, ffns - availableBytes);
    }

    /** Packs an expert where the plan has it. */
    synchronized DeviceFfn pack(final Arena lifetime, final Tensor gate, final Tensor up, final Tensor down,
        final Throttle throttle) {
        final WeightFormat format = WeightFormat.of(gate, up, down);
        final int width = Math.toIntExact(gate.shape()[0]);
        final int hidden = Math.toIntExact(gate.shape()[1]);
        if (ffnBytes > 0 && plan == null) {
            divide(format, hidden, width);
        }
        if (plan == null || packed >= plan.experts() || DeviceFfn.bytes(format, hidden, width) != expertBytes) {
            return packUnplanned(lifetime, gate, up, down, throttle);
        }
        final int number = packed++;
        live++;
        onClose(lifetime, this::release);
        return plan.stays(number)
            ? fill(new DeviceFfn(format, hidden, width, base + stayed++ * expertBytes, DeviceFfn.RESIDENT), gate, up,
                down, throttle)
            : packVisitor(lifetime, gate, up, down, throttle);
    }

    private void divide(final WeightFormat format, final int hidden, final int width) {
        final long unpadded = format.bytes(3L * hidden * width);
        expertBytes = DeviceFfn.bytes(format, hidden, width);
        final int experts = (int)Math.max(1, ffnBytes / unpadded);
        plan = ExpertPlan.of(experts, expertBytes, availableBytes);
        if (plan == null) {
            throw new DeviceException(String.format(Locale.ROOT, "Three experts take %.2f GB of the GPU's memory, and "
                + "%.2f GB may be used; raise --device-memory, or choose another backend.", 3 * expertBytes / GB,
                availableBytes / GB));
        }
        base = device.allocate(plan.places() * expertBytes);
        if (base == 0) {
            throw noRoom(plan.places() * expertBytes);
        }
        if (plan.slots() > 0) {
            cache = new ExpertCache(plan.slots());
            ready = new long[plan.slots()];
            Arrays.setAll(ready, slot -> device.newEvent());
            arrived = new boolean[plan.slots()];
            lastUse = new long[plan.slots()];
        }
    }

    private static DeviceException noRoom(final long bytes) {
        return new DeviceException(String.format(Locale.ROOT, "The GPU has no %.2f GB of memory left for weights; "
            + "lower --device-memory, or spread the experts over more hosts.", bytes / GB));
    }

    /** Where nobody said how much is to come, everything stays. */
    private DeviceFfn packUnplanned(final Arena lifetime, final Tensor gate, final Tensor up, final Tensor down,
        final Throttle throttle) {
        final WeightFormat format = WeightFormat.of(gate, up, down);
        final int width = Math.toIntExact(gate.shape()[0]);
        final int hidden = Math.toIntExact(gate.shape()[1]);
        final long bytes = DeviceFfn.bytes(format, hidden, width);
        final long address = memory.allocate(bytes);
        if (address == 0) {
            throw noRoom(bytes);
        }
        onClose(lifetime, () -> memory.free(address));
        return fill(new DeviceFfn(format, hidden, width, address, DeviceFfn.RESIDENT), gate, up, down, throttle);
    }

    private DeviceFfn fill(final DeviceFfn ffn, final Tensor gate, final Tensor up, final Tensor down,
        final Throttle throttle) {
        fill(ffn.address(), ffn, gate, up, down, throttle);
        packer.finish();
        return ffn;
    }

    private void fill(final long at, final DeviceFfn ffn, final Tensor gate, final Tensor up, final Tensor down,
        final Throttle throttle) {
        packer.clear(at, ffn.bytes());
        packer.pack(ffn.format(), at, gate, WeightPacker.Placement.GATE, 0, throttle);
        packer.pack(ffn.format(), at, up, WeightPacker.Placement.UP, 0, throttle);
        packer.pack(ffn.format(), at + ffn.downOffset(), down, WeightPacker.Placement.PLAIN, 0, throttle);
    }

    private DeviceFfn packVisitor(final Arena lifetime, final Tensor gate, final Tensor up, final Tensor down,
        final Throttle throttle) {
        final MemorySegment home = lifetime.allocate(expertBytes, DeviceArena.ALIGNMENT);
        if (!device.pinned().contains(home)) {
            throw new IllegalArgumentException("experts that do not fit need an arena of the backend's own");
        }
        final DeviceFfn ffn = new DeviceFfn(WeightFormat.of(gate, up, down), Math.toIntExact(gate.shape()[1]),
            Math.toIntExact(gate.shape()[0]), 0, cache.register());
        final long scratch = base + (plan.places() - 1L) * expertBytes;
        fill(scratch, ffn, gate, up, down, throttle);
        packer.copyBack(home.address(), scratch, expertBytes);
        packer.finish();
        if (ffn.visitor() >= machineAddress.length) {
            machineAddress = Arrays.copyOf(machineAddress, 2 * machineAddress.length);
        }
        machineAddress[ffn.visitor()] = home.address();
        return ffn;
    }

    private synchronized void release() {
        if (--live == 0) {
            device.enter();
            DriverCalls.synchronize(stream);
            device.free(base);
            plan = null;
            ffnBytes = 0;
            cache = null;
            packed = 0;
            stayed = 0;
        }
    }

    /** Runs something when an arena is closed, on the thread that closes it. */
    @SuppressWarnings("restricted")
    static void onClose(final Arena lifetime, final Runnable action) {
        MemorySegment.ofAddress(1).reinterpret(1, lifetime, ended -> action.run());
    }

    /** Whether some experts only visit. */
    boolean hasVisitors() {
        return cache != null;
    }

    /** Who lies in which slot. */
    ExpertCache cache() {
        return cache;
    }

    /** Where a slot begins. */
    long slotAddress(final int slot) {
        return base + (plan.residents() + slot) * expertBytes;
    }

    /** Queues the copy of an expert into the slot it was given, after the last launch that read what was there. */
    void fetch(final int visitor, final int slot) {
        if (lastUse[slot] != 0) {
            DriverCalls.await(stream, lastUse[slot]);
        }
        DriverCalls.copyToDevice(slotAddress(slot), machineAddress[visitor], expertBytes, stream);
        DriverCalls.record(ready[slot], stream);
        arrived[slot] = false;
    }

    /** Whether what is in a slot has come. */
    boolean hasArrived(final int slot) {
        if (!arrived[slot]) {
            arrived[slot] = DriverCalls.isReached(ready[slot]);
        }
        return arrived[slot];
    }

    /** Has a stream wait for what is in a slot. */
    void awaitArrival(final int slot, final long computing) {
        if (!arrived[slot]) {
            DriverCalls.await(computing, ready[slot]);
        }
    }

    /** A launch that reads a slot has been queued, and this event behind it. */
    void used(final int slot, final long event) {
        lastUse[slot] = event;
    }
}
