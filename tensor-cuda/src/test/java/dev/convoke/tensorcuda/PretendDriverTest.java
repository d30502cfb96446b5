package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.tensor.Rows;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The device tests without a device: in a JVM of their own, with a libcuda.so.1 that computes on the CPU, as late as it
 * may and in a random order ({@code src/test/c}). What it cannot show is whether the kernels are right.
 */
class PretendDriverTest {
    private static final Path SOURCE = Path.of("src/test/c/pretend_driver.cpp");

    @TempDir
    private static Path directory;

    @BeforeAll
    static void build() throws IOException, InterruptedException {
        assumeTrue(DriverProbe.platformReason(System.getProperty("os.name"), System.getProperty("os.arch")).isEmpty(),
            "the driver's library is for Linux on x86-64");
        assumeTrue(Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "c++"))), "there is no C++ compiler");
        final Path output = directory.resolve("compiler.txt");
        final int exit = new ProcessBuilder("c++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror",
            "-Wno-missing-field-initializers", "-shared", "-fPIC", "-o", directory.resolve("libcuda.so.1").toString(),
            SOURCE.toString()).redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor();
        assertEquals(0, exit, () -> read(output));
        // The pretend driver takes any binary.
        final Path resources = directory.resolve("resources/dev/convoke/tensorcuda");
        Files.createDirectories(resources);
        Files.writeString(resources.resolve("kernels.fatbin"), "pretend");
    }

    private static String read(final Path file) {
        try {
            return Files.readString(file);
        } catch (final IOException e) {
            return e.toString();
        }
    }

    private static String run(final List<String> flags) throws IOException, InterruptedException {
        final Path output = Files.createTempFile(directory, "run", ".txt");
        final List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Xmx512m", "-cp",
            directory.resolve("resources") + File.pathSeparator + System.getProperty("java.class.path")));
        command.addAll(flags);
        command.add(DeviceTestRun.class.getName());
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(output.toFile());
        builder.environment().put("LD_LIBRARY_PATH", directory.toString());
        builder.environment().put("PRETEND_SEED", String.valueOf((int)Rows.seed() & 0xFFFF));
        builder.start().waitFor();
        return read(output);
    }

    @Test
    void shouldPassTheDeviceTestsOnAPretendDevice() throws IOException, InterruptedException {
        final String said = run(List.of());
        assertTrue(said.contains("device: Pretend GPU, compute capability 9.0"), said);
        // Products of 8-bit integers are a CPU's.
        assertTrue(said.contains("passed, 0 failed, 1 skipped"), said);
    }
}
