package dev.convoke.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** Files that are read, each opened once, until the close. Owned by one thread. */
public final class OpenFiles implements AutoCloseable {
    private final Map<Path, FileChannel> channels = new HashMap<>();

    /** A channel of a file, to read from and not to close. */
    public FileChannel of(final Path file) throws IOException {
        FileChannel channel = channels.get(file);
        if (channel == null) {
            channel = FileChannel.open(file, StandardOpenOption.READ);
            channels.put(file, channel);
        }
        return channel;
    }

    /** What to throw when one of them cannot be read. */
    public CheckpointException unreadable(final IOException e) {
        return new CheckpointException("Cannot read the tensors of " + channels.keySet() + ": " + e
            + "; check the files and their permissions.", e);
    }

    @Override
    public void close() {
        channels.values().forEach(OpenFiles::close);
    }

    private static void close(final FileChannel channel) {
        try {
            channel.close();
        } catch (final IOException ignored) {
            // Opened for reading: nothing is lost when closing fails.
        }
    }
}
