package dev.convoke.checkpoint.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Unpacking of the native library, seen from processes that start with nothing unpacked. */
@Timeout(120)
class TokenizerLibraryTest {
    @TempDir
    private Path scratch;

    @BeforeEach
    void lay() throws IOException {
        TokenizerDirectory.lay("byte-fallback", scratch.resolve("model"));
        Files.createDirectories(scratch.resolve("tmp"));
    }

    @Test
    void shouldServeProcessesThatStartTogether() throws Exception {
        final List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(start(scratch.resolve("cache")));
        }
        for (final Process process : processes) {
            assertAnswers(process);
        }
        assertEquals(List.of("libtokenizers"), filesUnder(scratch.resolve("cache/convoke")));
        assertEquals(List.of(), filesUnder(scratch.resolve("tmp")));
    }

    @Test
    void shouldUseDirectoryOfItsOwnAndRemoveItWhereTheCacheCannotBeWritten() throws Exception {
        final Path file = Files.writeString(scratch.resolve("file"), "");
        assertAnswers(start(file));
        assertEquals(List.of(), filesUnder(scratch.resolve("tmp")));
    }

    private Process start(final Path cacheHome) throws IOException {
        final ProcessBuilder builder = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + scratch.resolve("tmp"),
            "-XX:-UsePerfData", "-cp", System.getProperty("java.class.path"), TokenizerProbe.class.getName(),
            scratch.resolve("model").toString(), "wor");
        builder.environment().keySet().removeAll(List.of("DJL_CACHE_DIR", "ENGINE_CACHE_DIR"));
        builder.environment().put("XDG_CACHE_HOME", cacheHome.toString());
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static void assertAnswers(final Process process) throws Exception {
        try {
            final String output = new String(process.getInputStream().readAllBytes());
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue(), output);
            assertEquals("[1, 369, 555]", output.strip());
        } finally {
            process.destroyForcibly();
        }
    }

    private static List<String> filesUnder(final Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                .map(file -> file.getFileName().toString().replaceAll("\\..*", "")).toList();
        }
    }
}
