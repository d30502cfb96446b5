package dev.convoke.core;

import java.nio.file.Path;

/** Where Convoke keeps what it need not make again. */
public final class CacheDirectory {
    /** The environment variable that names the parent of all caches of a user. */
    public static final String PARENT = "XDG_CACHE_HOME";

    private CacheDirectory() {
    }

    /** {@code $XDG_CACHE_HOME/convoke}, else {@code ~/.cache/convoke}; it need not exist. */
    public static Path path() {
        final String parent = System.getenv(PARENT);
        return (parent != null && Path.of(parent).isAbsolute() ? Path.of(parent)
            : Path.of(System.getProperty("user.home"), ".cache")).resolve("convoke");
    }
}
