package dev.convoke.checkpoint.huggingface;

import dev.convoke.core.CacheDirectory;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Readies the native tokenizer library before its first use: no telemetry, no download, and a place to unpack it that
 * only this user can write. It is unpacked once and moved into place as a whole, so processes may start at the same
 * time. What the operator set by environment or system property stays.
 */
final class TokenizerLibrary {
    private static final String CACHE = "DJL_CACHE_DIR";

    private TokenizerLibrary() {
    }

    /** Must come before the first class of the library is initialised; harmless afterwards. */
    static synchronized void prepare() {
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        if (isUnset(CACHE) && isUnset("ENGINE_CACHE_DIR")) {
            System.setProperty(CACHE, cacheDirectory().toString());
        }
    }

    /** What to say when the library cannot be unpacked or loaded. */
    static ConvokeException unavailable(final Throwable cause) {
        return new ConvokeException("The native tokenizer library cannot be loaded (" + cause + "); set " + CACHE
            + " to a writable directory on a file system that allows programs.", cause);
    }

    /** Convoke's own, else one for this process alone. */
    private static Path cacheDirectory() {
        return writable(CacheDirectory.path()).orElseGet(TokenizerLibrary::temporaryDirectory);
    }

    private static Optional<Path> writable(final Path directory) {
        try {
            Files.createDirectories(directory);
            return Files.isWritable(directory) ? Optional.of(directory) : Optional.empty();
        } catch (final IOException e) {
            return Optional.empty();
        }
    }

    /** Not a fixed name: under a directory open to all, somebody else could put a library there. */
    private static Path temporaryDirectory() {
        try {
            final Path directory = Files.createTempDirectory("convoke-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory), "delete-" + directory));
            return directory;
        } catch (final IOException e) {
            throw unavailable(e);
        }
    }

    private static void delete(final Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            final List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (final Path file : deepestFirst) {
                Files.delete(file);
            }
        } catch (final IOException ignored) {
            // The process ends; what is left lies in the temporary directory.
        }
    }

    private static boolean isUnset(final String name) {
        return System.getenv(name) == null && System.getProperty(name) == null;
    }
}
