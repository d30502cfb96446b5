package dev.convoke.server.deployment;

import com.sun.management.OperatingSystemMXBean;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Refuses to start what does not fit: memory that a machine does not have is handed out at first and ends the process
 * without a word later.
 */
final class MemoryBudget {
    private static final Path MEMORY = Path.of("/proc/meminfo");
    private static final double GB = 1e9;

    private final LongSupplier availableBytes;

    MemoryBudget(final LongSupplier availableBytes) {
        this.availableBytes = availableBytes;
    }

    /** Of this machine, or of the container that the process runs in. */
    static MemoryBudget ofMachine() {
        return new MemoryBudget(MemoryBudget::available);
    }

    /** What can be had without paging anything out. */
    private static long available() {
        final OperatingSystemMXBean machine =
            (OperatingSystemMXBean)ManagementFactory.getOperatingSystemMXBean();
        // Knows the limits of containers, but takes what caches files for used; only the kernel knows better.
        return Math.min(machine.getTotalMemorySize(), kernelEstimate().orElse(machine.getFreeMemorySize()));
    }

    private static OptionalLong kernelEstimate() {
        try {
            return Files.readAllLines(MEMORY).stream().filter(line -> line.startsWith("MemAvailable:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst();
        } catch (final IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** What can be had now. */
    long availableBytes() {
        return availableBytes.getAsLong();
    }

    /**
     * Throws if something is too large.
     *
     * @param what   in plural, for the sentence
     * @param remedy for the sentence, in the imperative
     */
    void require(final String what, final long bytes, final String remedy) {
        final long available = availableBytes.getAsLong();
        if (bytes > available) {
            throw new ConvokeException(String.format(Locale.ROOT, "%s take %.1f GB, but %.1f GB of memory are "
                + "available; %s.", what, bytes / GB, available / GB, remedy));
        }
    }
}
