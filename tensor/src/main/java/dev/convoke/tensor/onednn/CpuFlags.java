package dev.convoke.tensor.onednn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What Linux says that the CPU can do, and programs may use. */
final class CpuFlags {
    private static final Path CPUS = Path.of("/proc/cpuinfo");
    private static final String LINE = "flags";

    private CpuFlags() {
    }

    /** The flags of the first CPU; none where there is no such file. */
    static Set<String> read() {
        try (Stream<String> lines = Files.lines(CPUS)) {
            return parse(lines);
        } catch (final IOException e) {
            return Set.of();
        }
    }

    /** The flags in such lines as {@code flags : fpu vme avx512_vnni}. */
    static Set<String> parse(final Stream<String> lines) {
        return lines.filter(line -> line.startsWith(LINE)).findFirst()
            .map(line -> Set.copyOf(List.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+"))))
            .orElse(Set.of());
    }
}
