package dev.convoke.tensorcuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory of the machine that kernels and the GPU's copy engines reach by themselves: it is never paged out. Small
 * allocations share one piece. Shared by threads and closed by any, as {@link Arena#ofShared()} is.
 */
final class PinnedArena implements Arena {
    private static final long PIECE_BYTES = 1 << 20;
    private static final long ALIGNMENT = 256;

    private final Device device;
    private final Arena lifetime = Arena.ofShared();
    private MemorySegment piece = MemorySegment.NULL;
    private long used;

    PinnedArena(final Device device) {
        this.device = device;
    }

    @Override
    public synchronized MemorySegment allocate(final long bytes, final long alignment) {
        if (bytes < 0 || Long.bitCount(alignment) != 1) {
            throw new IllegalArgumentException(bytes + " bytes aligned to " + alignment);
        }
        final long start = alignedUp(used, Math.max(ALIGNMENT, alignment));
        if (start + bytes <= piece.byteSize()) {
            used = start + bytes;
            return piece.asSlice(start, bytes);
        }
        if (bytes >= PIECE_BYTES / 2) {
            return newPiece(bytes).asSlice(0, bytes);
        }
        piece = newPiece(PIECE_BYTES);
        used = bytes;
        return piece.asSlice(0, bytes);
    }

    private static long alignedUp(final long value, final long alignment) {
        return (value + alignment - 1) & -alignment;
    }

    @SuppressWarnings("restricted")
    private MemorySegment newPiece(final long bytes) {
        device.enter();
        final long size = alignedUp(bytes, ALIGNMENT);
        final long address = device.allocatePinned(size);
        device.pinned().add(address, size);
        final MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(size, lifetime, ended -> {
            device.pinned().remove(address);
            device.freePinned(address);
        });
        return memory.fill((byte)0);
    }

    @Override
    public MemorySegment.Scope scope() {
        return lifetime.scope();
    }

    @Override
    public void close() {
        lifetime.close();
    }
}
