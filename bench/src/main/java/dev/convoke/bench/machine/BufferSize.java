package dev.convoke.bench.machine;

import com.sun.management.OperatingSystemMXBean;
import dev.convoke.bench.MachineDescription;
import dev.convoke.core.memory.LinuxMemory;
import java.lang.management.ManagementFactory;

/** How much to read so that caches do not help. */
final class BufferSize {
    private static final long LEAST_BYTES = 512L << 20;
    private static final int CACHES = 4;
    private static final int SHARE_OF_FREE_MEMORY = 4;

    private BufferSize() {
    }

    /** Several times the largest cache, as far as there is memory; whole huge pages. */
    static long automatic() {
        final long wanted = Math.max(LEAST_BYTES, CACHES * MachineDescription.largestCacheBytes());
        final long free = ManagementFactory.getOperatingSystemMXBean() instanceof final OperatingSystemMXBean system
            ? system.getFreeMemorySize() : Long.MAX_VALUE;
        final long granted = Math.min(wanted, Math.max(free, 0) / SHARE_OF_FREE_MEMORY);
        return Math.max(1, granted / LinuxMemory.HUGE_PAGE_BYTES) * LinuxMemory.HUGE_PAGE_BYTES;
    }
}
