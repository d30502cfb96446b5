package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.core.ConvokeException;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
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
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits do not depend on what the JVM has compiled, and steady state allocates nothing. */
class SeparateJvmTest {
    private static final long SEED = Rows.seed();
    private static final long PATIENCE_SECONDS = 150;
    private static final String ADD_VECTORS = "--add-modules=jdk.incubator.vector";

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void shouldGiveTheSameBitsWhenInterpreted(final int bits) throws Exception {
        assertEquals(List.of(expected()), probe(bits, "once", "-Xint"));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void shouldGiveTheSameBitsAndAllocateNothingWhenCompiled(final int bits) throws Exception {
        assertEquals(List.of(expected(), expected(), "allocated 0"), probe(bits, "warm", "-Xmixed"));
    }

    @Test
    void shouldAllocateNothingWhenScalarIsCompiled() throws Exception {
        assertEquals(List.of(expected(), expected(), "allocated 0"), probe("scalar", "warm", "-Xmixed"));
    }

    @Test
    void shouldAllocateNothingWhenOnednnIsCompiled() throws Exception {
        final KernelBackend onednn = NamedServices.named(KernelBackend.class, "onednn");
        assumeTrue(onednn.unsupportedReason().isEmpty(), onednn::unsupportedReason);
        final String expected = expected(KernelProbe.operands(onednn));
        assertEquals(List.of(expected, expected, "allocated 0"), probe("onednn", "warm", ADD_VECTORS));
    }

    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
    void shouldSayWhyWhenTheCpuLacksTheWidthOrTheJvmTheModule() throws Exception {
        assertEquals(List.of("The backend 'vector' does not work here: convoke.vector.bits asks for 512 bits but this "
            + "CPU's vectors have 256; choose another one or 'auto'."),
            probe("vector", "why", ADD_VECTORS, "-XX:UseAVX=2", "-Dconvoke.vector.bits=512"));
        assertEquals(List.of("The backend 'vector' does not work here: the JVM runs without "
            + "--add-modules=jdk.incubator.vector; choose another one or 'auto'."),
            probe("vector", "why", "-Xmixed"));
        assertEquals(List.of("scalar; the best here; not onednn: it does not compute in f32; not vector: the JVM runs "
            + "without --add-modules=jdk.incubator.vector"), probe("auto", "why", "-Xmixed"));
    }

    private static String expected() {
        return expected(List.of(DType.F32, DType.BF16));
    }

    private static String expected(final List<DType> operands) {
        try (KernelSample sample = new KernelSample(new ScalarBackend(), operands, 1, SEED)) {
            return KernelProbe.line(sample.hashes());
        }
    }

    private static List<String> probe(final int bits, final String mode, final String flag) throws Exception {
        final int widest = VectorShape.preferredShape().vectorBitSize();
        assumeTrue(bits <= widest, "this CPU's vectors have " + widest + " bits");
        return probe("vector", mode, ADD_VECTORS, "-Dconvoke.vector.bits=" + bits, flag);
    }

    private static List<String> probe(final String backend, final String mode, final String... flags)
        throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", classPath(), KernelProbe.class.getName(), backend, Long.toString(SEED), mode));
        final Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (Stream<String> output = process.inputReader().lines()) {
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> String.join(" ", command));
            assertEquals(0, process.exitValue(), () -> String.join(" ", command));
            return output.toList();
        } finally {
            process.destroyForcibly();
        }
    }

    /** The classes, and the native library where there is one. */
    private static String classPath() {
        return Stream.concat(Stream.of(KernelProbe.class, KernelBackend.class, ConvokeException.class)
            .map(type -> new File(type.getProtectionDomain().getCodeSource().getLocation().getPath()).getPath()),
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> new File(entry).getName().startsWith("dnnl-")))
            .collect(Collectors.joining(File.pathSeparator));
    }
}
