package dev.convoke.tensor.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of the jar that are small. */
class UnpackedFilesTest {
    private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64/include/";
    private static final List<String> NAMES = List.of("dnnl.h", "dnnl_types.h");

    @TempDir
    private Path cache;

    private UnpackedFiles files() throws IOException {
        return UnpackedFiles.of(FOLDER, NAMES, cache.resolve("below"), "headers");
    }

    private static List<String> contents(final Path directory) throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void shouldUnpackOnceAndAgainWhatIsDamaged() throws IOException {
        final UnpackedFiles files = files();
        files.unpack();
        assertEquals(NAMES, contents(files.directory()));
        final Path whole = files.directory().resolve(NAMES.get(0));
        final Path damaged = files.directory().resolve(NAMES.get(1));
        final Object before = Files.readAttributes(whole, "unix:ino").get("ino");
        final byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);
        files().unpack();
        bytes[bytes.length / 2] ^= 1;
        assertEquals(-1, Arrays.mismatch(bytes, Files.readAllBytes(damaged)));
        assertEquals(before, Files.readAttributes(whole, "unix:ino").get("ino"), "what was right is not written again");
        Files.write(damaged, new byte[3]);
        files().unpack();
        assertEquals(bytes.length, Files.size(damaged));
        assertEquals(NAMES, contents(files.directory()));
    }

    @Test
    void shouldLetManyUnpackAtTheSameTime() throws Exception {
        final UnpackedFiles files = files();
        final Callable<Void> unpacking = () -> {
            files.unpack();
            return null;
        };
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            final List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                all.add(threads.submit(unpacking));
            }
            for (final Future<Void> one : all) {
                one.get();
            }
        }
        assertEquals(NAMES, contents(files.directory()));
    }

    @Test
    void shouldNameAFileThatIsNotInTheJar() {
        final NoSuchFileException e = assertThrows(NoSuchFileException.class,
            () -> UnpackedFiles.of(FOLDER, List.of("none.h"), cache, "headers"));
        assertEquals(FOLDER + "none.h", e.getMessage());
    }

    @Test
    void shouldSayHowToMakeRoomForTheLibrary() throws IOException {
        final Path file = Files.createFile(cache.resolve("file"));
        final String reason = OnednnLibrary.load(file);
        assertTrue(reason.startsWith("its library cannot be unpacked to " + file + "/onednn-"), reason);
        assertTrue(reason.endsWith("; set XDG_CACHE_HOME to a directory that can be written"), reason);
    }
}
