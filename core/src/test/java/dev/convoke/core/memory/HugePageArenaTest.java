package dev.convoke.core.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class HugePageArenaTest {
    private static final long LARGE_BYTES = 3 * LinuxMemory.HUGE_PAGE_BYTES + 100;
    private static final Path SYSTEM = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    @Test
    void shouldGiveZeroedMemoryOfAnySizeUntilItIsClosed() {
        final MemorySegment small;
        final MemorySegment large;
        try (HugePageArena arena = new HugePageArena()) {
            small = arena.allocate(100, 64);
            large = arena.allocate(LARGE_BYTES, 64);
            assertEquals(100, small.byteSize());
            assertEquals(LARGE_BYTES, large.byteSize());
            assertEquals(0, small.address() % 64);
            assertEquals(0, large.address() % 64);
            assertEquals(-1, large.mismatch(MemorySegment.ofArray(new byte[(int)LARGE_BYTES])));
            large.fill((byte)7);
            assertEquals(7, large.get(ValueLayout.JAVA_BYTE, LARGE_BYTES - 1));
            assertEquals(arena.scope(), large.scope());
        }
        assertFalse(small.scope().isAlive());
        assertThrows(IllegalStateException.class, () -> large.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void shouldLieOnHugePagesWhereTheSystemGrantsThem() throws IOException {
        Assumptions.assumeTrue(Files.isReadable(SYSTEM) && !Files.readString(SYSTEM).contains("[never]"),
            "the system grants huge pages");
        try (HugePageArena arena = new HugePageArena()) {
            assertTrue(flagsAt(arena.allocate(LARGE_BYTES, 64).address()).contains("hg"));
        }
    }

    /** What Linux was advised of the mapping that holds an address: hg is MADV_HUGEPAGE. */
    private static List<String> flagsAt(final long address) throws IOException {
        boolean within = false;
        for (final String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                final String[] range = line.substring(0, line.indexOf(' ')).split("-");
                within = Long.parseUnsignedLong(range[0], 16) <= address
                    && Long.parseUnsignedLong(range[1], 16) > address;
            } else if (within && line.startsWith("VmFlags:")) {
                return List.of(line.substring("VmFlags:".length()).strip().split(" "));
            }
        }
        return List.of();
    }
}
