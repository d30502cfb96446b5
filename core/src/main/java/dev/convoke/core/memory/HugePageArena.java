package dev.convoke.core.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A shared arena whose large segments lie on huge pages where the system grants them: a matrix of some megabytes is
 * read from beginning to end, and on pages of 4 KiB every one costs a walk through the page tables. Segments smaller
 * than a huge page, and all where there is no such thing, are those of {@link Arena#ofShared()}.
 */
public final class HugePageArena implements Arena {
    private final Arena arena = Arena.ofShared();

    @Override
    public MemorySegment allocate(final long bytes, final long alignment) {
        return LinuxMemory.isAvailable() && bytes >= LinuxMemory.HUGE_PAGE_BYTES
            && alignment <= LinuxMemory.HUGE_PAGE_BYTES
            ? LinuxMemory.map(bytes, LinuxMemory.Pages.HUGE, arena) : arena.allocate(bytes, alignment);
    }

    @Override
    public MemorySegment.Scope scope() {
        return arena.scope();
    }

    @Override
    public void close() {
        arena.close();
    }
}
