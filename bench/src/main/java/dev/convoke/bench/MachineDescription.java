package dev.convoke.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Says what a benchmark ran on; what the operating system does not tell is left out. */
public final class MachineDescription {
    private static final Path CPUS = Path.of("/proc/cpuinfo");
    private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    private static final long KIB = 1024;

    private MachineDescription() {
    }

    /** This machine and this virtual machine. */
    public static Map<String, Object> here() {
        final Map<String, Object> map = new LinkedHashMap<>();
        final String cpu = cpuModel();
        if (!cpu.isEmpty()) {
            map.put("cpu", cpu);
        }
        map.put("architecture", System.getProperty("os.arch"));
        map.put("processors", Runtime.getRuntime().availableProcessors());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof final OperatingSystemMXBean system) {
            map.put("memory_bytes", system.getTotalMemorySize());
        }
        final Map<String, Long> caches = cacheBytes();
        if (!caches.isEmpty()) {
            map.put("cache_bytes", caches);
        }
        final String hugePages = read(HUGE_PAGES);
        if (!hugePages.isEmpty()) {
            map.put("transparent_huge_pages", hugePages.replaceAll(".*\\[(\\w+)].*", "$1"));
        }
        map.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        map.put("java", System.getProperty("java.vm.version"));
        return map;
    }

    /** The largest cache that a processor reaches, or 0 where that is not known. */
    public static long largestCacheBytes() {
        return cacheBytes().values().stream().mapToLong(Long::longValue).max().orElse(0);
    }

    private static String cpuModel() {
        return read(CPUS).lines().filter(line -> line.startsWith("model name")).findFirst()
            .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("");
    }

    /** By names as {@code L1d} and {@code L3}. */
    private static Map<String, Long> cacheBytes() {
        final Map<String, Long> bytes = new TreeMap<>();
        if (Files.isDirectory(CACHES)) {
            try (Stream<Path> entries = Files.list(CACHES)) {
                entries.filter(entry -> entry.getFileName().toString().startsWith("index"))
                    .forEach(entry -> putCache(bytes, entry));
            } catch (final IOException e) {
                return Map.of();
            }
        }
        return bytes;
    }

    private static void putCache(final Map<String, Long> bytes, final Path entry) {
        final String size = read(entry.resolve("size"));
        if (size.matches("\\d+K")) {
            final String kind = switch (read(entry.resolve("type"))) {
                case "Data" -> "d";
                case "Instruction" -> "i";
                default -> "";
            };
            bytes.put("L" + read(entry.resolve("level")) + kind,
                Long.parseLong(size.substring(0, size.length() - 1)) * KIB);
        }
    }

    private static String read(final Path file) {
        try {
            return Files.isReadable(file) ? Files.readString(file).strip() : "";
        } catch (final IOException e) {
            return "";
        }
    }
}
