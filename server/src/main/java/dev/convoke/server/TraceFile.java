package dev.convoke.server;

import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.trace.TraceLimits;
import dev.convoke.loadbalance.trace.TraceReader;
import dev.convoke.loadbalance.trace.TraceStatistics;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/** Routing traces in files. */
public final class TraceFile {
    private TraceFile() {
    }

    /** Opens a trace; the reader's errors name the file. */
    public static TraceReader open(final Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            if (channel.size() > TraceLimits.MOST_BYTES) {
                throw new ConvokeException(file + " has " + channel.size() + " bytes, more than a routing trace may "
                    + "have (offset " + TraceLimits.MOST_BYTES + "); check the path.");
            }
            return new TraceReader(file.toString(), channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        } catch (final IOException e) {
            throw new ConvokeException("The routing trace " + file + " cannot be read (" + e.getClass().getSimpleName()
                + "); check the path.", e);
        }
    }

    /** What the traces in these files say together; they must be of one model. */
    public static TraceStatistics statistics(final List<Path> files) {
        final TraceStatistics statistics = new TraceStatistics();
        files.forEach(file -> statistics.add(file.toString(), open(file)));
        return statistics;
    }
}
