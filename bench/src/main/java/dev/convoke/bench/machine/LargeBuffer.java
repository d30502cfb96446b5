package dev.convoke.bench.machine;

import dev.convoke.core.memory.LinuxMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Memory on pages of a chosen size, filled so that every page is there. Huge pages are asked for with
 * {@code madvise} and counted afterwards, since the kernel may not give them.
 */
final class LargeBuffer implements AutoCloseable {
    private static final Path MAPS = Path.of("/proc/self/smaps");

    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    private LargeBuffer(final long bytes, final LinuxMemory.Pages pages) {
        segment = LinuxMemory.isAvailable() ? LinuxMemory.map(bytes, pages, arena)
            : arena.allocate(bytes, LinuxMemory.HUGE_PAGE_BYTES);
        segment.fill((byte)1);
    }

    /** On pages of the usual size. */
    static LargeBuffer onSmallPages(final long bytes) {
        return new LargeBuffer(bytes, LinuxMemory.Pages.SMALL);
    }

    /** On pages of 2 MiB; empty where the kernel gives none. */
    static Optional<LargeBuffer> onHugePages(final long bytes) {
        final LargeBuffer buffer = new LargeBuffer(bytes, LinuxMemory.Pages.HUGE);
        if (hugeBytes(buffer.segment) >= bytes / 10 * 9) {
            return Optional.of(buffer);
        }
        buffer.close();
        return Optional.empty();
    }

    /** Bytes of a segment that lie on huge pages, as the kernel counts them. */
    private static long hugeBytes(final MemorySegment memory) {
        final List<String> lines;
        try {
            lines = Files.readAllLines(MAPS);
        } catch (final IOException e) {
            return 0;
        }
        long bytes = 0;
        boolean within = false;
        for (final String line : lines) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                final String[] range = line.substring(0, line.indexOf(' ')).split("-");
                within = Long.parseUnsignedLong(range[0], 16) < memory.address() + memory.byteSize()
                    && Long.parseUnsignedLong(range[1], 16) > memory.address();
            } else if (within && line.startsWith("AnonHugePages:")) {
                bytes += Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return bytes;
    }

    MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        arena.close();
    }
}
