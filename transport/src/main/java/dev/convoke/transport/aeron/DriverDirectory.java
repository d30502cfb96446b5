package dev.convoke.transport.aeron;

import dev.convoke.core.ConvokeException;
import dev.convoke.transport.AeronContext;
import io.aeron.CommonContext;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.IoUtil;

/** Chooses the directory of a media driver, and checks that it has room. */
final class DriverDirectory {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "convoke-aeron-";
    private static final String OWN = "-own-";
    /** Buffers of the driver itself. */
    private static final long DRIVER_BYTES = 16 << 20;
    private static final int TERMS_PER_PAIR = 6;
    private static final long DEAD_AFTER_MS = 60_000;

    private DriverDirectory() {
    }

    /** The directory that was set, or the one that all IPC processes of a user share, or a new one. */
    static File choose(final AeronContext context, final Media media) {
        if (!context.directory().isEmpty()) {
            return new File(context.directory());
        }
        final String user = PREFIX + System.getProperty("user.name", "user");
        if (media == Media.IPC) {
            return base().resolve(user + "-ipc").toFile();
        }
        sweep(base(), user + OWN);
        final String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        return base().resolve(user + OWN + ProcessHandle.current().pid() + "-" + random).toFile();
    }

    private static Path base() {
        return Files.isDirectory(SHARED_MEMORY) && Files.isWritable(SHARED_MEMORY)
            ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** Removes what killed processes left behind, so that shared memory does not fill up. */
    private static void sweep(final Path base, final String prefix) {
        final File[] candidates = base.toFile().listFiles((parent, name) -> name.startsWith(prefix));
        for (final File candidate : candidates == null ? new File[0] : candidates) {
            final boolean old = System.currentTimeMillis() - candidate.lastModified() > DEAD_AFTER_MS;
            if (old && !isDriverActive(candidate, DEAD_AFTER_MS)) {
                IoUtil.delete(candidate, true);
            }
        }
    }

    /** Whether a driver gave a sign of life there lately; never throws. */
    static boolean isDriverActive(final File directory, final long timeoutMs) {
        try {
            return CommonContext.isDriverActive(directory, timeoutMs, line -> { });
        } catch (final RuntimeException e) {
            return false;
        }
    }

    private static Path existingPart(final Path path) {
        Path existing = path;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }

    /** Fails with a clear sentence when there is no room for that many pairs of peers. */
    static void requireSpace(final File directory, final AeronContext context, final int pairs) {
        final long neededBytes = DRIVER_BYTES + (long)pairs * TERMS_PER_PAIR * context.termBytes();
        final long usableBytes;
        try {
            usableBytes = Files.getFileStore(existingPart(directory.toPath().toAbsolutePath())).getUsableSpace();
        } catch (final IOException e) {
            throw new ConvokeException("The media driver's directory " + directory
                + " cannot be used; choose another aeron.directory.", e);
        }
        if (usableBytes < neededBytes) {
            throw new ConvokeException("The media driver's directory " + directory + " has " + (usableBytes >> 20)
                + " MiB free but needs " + (neededBytes >> 20) + " MiB for " + pairs
                + " peers; enlarge it (for a container --shm-size), lower aeron.term-bytes, or set aeron.directory.");
        }
    }
}
