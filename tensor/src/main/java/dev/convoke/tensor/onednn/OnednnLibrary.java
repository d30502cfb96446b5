package dev.convoke.tensor.onednn;

import dev.convoke.core.CacheDirectory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Brings oneDNN's native library, and the one it needs, from the class path into the process. */
final class OnednnLibrary {
    private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64/";
    private static final String OPENMP = "libgomp.so.1";
    private static final String ONEDNN = "libdnnl.so.3";

    private OnednnLibrary() {
    }

    /** Loads it from the cache; empty if it can be used then, otherwise the reason why not, with the remedy. */
    static String load() {
        return load(CacheDirectory.path());
    }

    /** The same from a cache elsewhere. */
    static String load(final Path cache) {
        try {
            final UnpackedFiles files = UnpackedFiles.of(FOLDER, List.of(OPENMP, ONEDNN), cache, "onednn");
            try {
                files.unpack();
            } catch (final IOException e) {
                return "its library cannot be unpacked to " + files.directory() + " (" + e + "); set "
                    + CacheDirectory.PARENT + " to a directory that can be written";
            }
            return load(files);
        } catch (final NoSuchFileException e) {
            return "its library is not on the class path (" + e.getMessage() + " of org.bytedeco:dnnl)";
        } catch (final IOException e) {
            return "its library cannot be read from the class path (" + e + ")";
        }
    }

    @SuppressWarnings("restricted")
    private static String load(final UnpackedFiles files) {
        try {
            System.load(files.directory().resolve(OPENMP).toAbsolutePath().toString());
            System.load(files.directory().resolve(ONEDNN).toAbsolutePath().toString());
            return Dnnl.version().equals(Dnnl.VERSION) ? ""
                : "its library is of version " + Dnnl.version() + " and not of " + Dnnl.VERSION;
        } catch (final LinkageError | IllegalCallerException e) {
            return "its library cannot be loaded (" + e + "); it needs libstdc++, and "
                + CacheDirectory.PARENT + " on a file system that allows programs";
        }
    }
}
