package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.core.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.incubator.vector.VectorShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may depend on the state or the flags of a JVM and must not: bits, and allocation once warm. */
class SeparateJvmTest {
    private static final long PATIENCE_SECONDS = 120;

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void shouldGiveTheSameBitsAtEveryVectorWidth(final int bits) throws Exception {
        final int widest = VectorShape.preferredShape().vectorBitSize();
        assumeTrue(bits <= widest, "this CPU's vectors have " + widest + " bits");
        assertEquals(List.of(DecoderProbe.bits("scalar")),
            probe(List.of("-Dconvoke.vector.bits=" + bits), "bits", "vector"));
    }

    @Test
    void shouldGiveTheSameBitsWhenInterpreted() throws Exception {
        assertEquals(List.of(DecoderProbe.bits("scalar")), probe(List.of("-Xint"), "bits", "vector"));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void shouldAllocateNothingWhenDecodingSteadily(final DType dtype) throws Exception {
        assertEquals(List.of("allocated 0"), probe(List.of("-Xmixed"), "allocation", "auto", dtype.name()),
            "bytes of " + DecoderProbe.MEASURED_STEPS + " steps");
    }

    private static List<String> probe(final List<String> flags, final String... arguments)
        throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> flag.startsWith("--") || flag.startsWith("-Xmx") || flag.startsWith("-XX:"))
            .forEach(command::add);
        command.addAll(flags);
        command.add("-Dconvoke.models=" + System.getProperty("convoke.models", "../models"));
        command.addAll(List.of("-cp", System.getProperty("surefire.test.class.path",
            System.getProperty("java.class.path")), DecoderProbe.class.getName()));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (Stream<String> output = process.inputReader().lines()) {
            final List<String> lines = output.toList();
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> String.join(" ", command));
            assertEquals(0, process.exitValue(), () -> String.join(" ", command));
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }
}
