package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.core.ConvokeException;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.incubator.vector.VectorShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits do not depend on what the JVM has compiled, and steady state allocates nothing. */
class SeparateJvmTest {
    private static final long SEED = Rows.seed();
    private static final long PATIENCE_SECONDS = 150;

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void shouldGiveTheSameBitsWhenInterpreted(final int bits) throws Exception {
        assertEquals(List.of(expected()), probe(bits, "vector", "once", "-Xint"));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void shouldGiveTheSameBitsAndAllocateNothingWhenCompiled(final int bits) throws Exception {
        assertEquals(List.of(expected(), expected(), "allocated 0"), probe(bits, "vector", "warm", "-Xmixed"));
    }

    @Test
    void shouldAllocateNothingWhenScalarIsCompiled() throws Exception {
        assertEquals(List.of(expected(), expected(), "allocated 0"), probe(128, "scalar", "warm", "-Xmixed"));
    }

    private static String expected() {
        try (KernelSample sample = new KernelSample(new ScalarBackend(), 1, SEED)) {
            return KernelProbe.line(sample.hashes());
        }
    }

    private static List<String> probe(final int bits, final String backend, final String mode, final String flag)
        throws IOException, InterruptedException {
        final int widest = VectorShape.preferredShape().vectorBitSize();
        assumeTrue(bits <= widest, "this CPU's vectors have " + widest + " bits");
        final List<String> command = new ArrayList<>(List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector", "-Dconvoke.vector.bits=" + bits, flag, "-cp", classPath(),
            KernelProbe.class.getName(), backend, Long.toString(SEED), mode));
        final Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (Stream<String> output = process.inputReader().lines()) {
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> String.join(" ", command));
            assertEquals(0, process.exitValue(), () -> String.join(" ", command));
            return output.toList();
        } finally {
            process.destroyForcibly();
        }
    }

    private static String classPath() {
        return Stream.of(KernelProbe.class, KernelBackend.class, ConvokeException.class)
            .map(type -> new File(type.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath())
            .collect(Collectors.joining(File.pathSeparator));
    }
}
