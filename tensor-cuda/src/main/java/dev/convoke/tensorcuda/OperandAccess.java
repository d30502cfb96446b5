package dev.convoke.tensorcuda;

import java.lang.foreign.MemorySegment;

/**
 * Where kernels find the operands of one operation. Memory of the backend's own arenas they reach as it is; of other
 * memory a copy is made in pinned memory, and brought back once the operation is done. One thread's; grows to the
 * largest operation it meets, and allocates nothing otherwise.
 */
final class OperandAccess {
    private static final int MOST_OUTPUTS = 2;
    private static final int MOST_OPERANDS = 8;
    private static final int ALIGNMENT = 256;
    private static final long FIRST_BYTES = 1 << 20;

    private final PinnedRanges pinned;
    private final PinnedArena arena;
    private final MemorySegment[] outputs = new MemorySegment[MOST_OUTPUTS];
    private final long[] outputOffsets = new long[MOST_OUTPUTS];
    private final long[] outputBytes = new long[MOST_OUTPUTS];
    private final long[] outputCopies = new long[MOST_OUTPUTS];
    private MemorySegment copies;
    private long used;
    private int outputCount;

    OperandAccess(final Device device, final PinnedArena arena) {
        this.pinned = device.pinned();
        this.arena = arena;
        this.copies = arena.allocate(FIRST_BYTES, ALIGNMENT);
    }

    /**
     * The operation before this one is over.
     *
     * @param bytes of all operands
     */
    void begin(final long bytes) {
        used = 0;
        outputCount = 0;
        final long most = bytes + MOST_OPERANDS * ALIGNMENT;
        if (most > copies.byteSize()) {
            copies = arena.allocate(2 * most, ALIGNMENT);
        }
    }

    /** Address of memory that is read. */
    long input(final MemorySegment memory, final long offset, final long bytes) {
        final long address = memory.address() + offset;
        return pinned.contains(address, bytes) ? address : copies.address() + copyOf(memory, offset, bytes);
    }

    /** Address of memory that is written, or read and written. */
    long output(final MemorySegment memory, final long offset, final long bytes) {
        final long address = memory.address() + offset;
        if (pinned.contains(address, bytes)) {
            return address;
        }
        final long copy = copyOf(memory, offset, bytes);
        outputs[outputCount] = memory;
        outputOffsets[outputCount] = offset;
        outputBytes[outputCount] = bytes;
        outputCopies[outputCount] = copy;
        outputCount++;
        return copies.address() + copy;
    }

    /** Room in {@link #memory()} for what only the operation needs; filled by the caller. Returns its offset there. */
    long scratch(final long bytes) {
        final long at = used;
        used += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        return at;
    }

    /** The pinned memory of {@link #scratch}. */
    MemorySegment memory() {
        return copies;
    }

    private long copyOf(final MemorySegment memory, final long offset, final long bytes) {
        final long at = scratch(bytes);
        MemorySegment.copy(memory, offset, copies, at, bytes);
        return at;
    }

    /** Brings back what was written, once the kernel is done. */
    void end() {
        for (int i = 0; i < outputCount; i++) {
            MemorySegment.copy(copies, outputCopies[i], outputs[i], outputOffsets[i], outputBytes[i]);
        }
    }
}
