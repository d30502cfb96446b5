package dev.convoke.server.cli;

import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.trace.TraceEncoder;
import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceException;
import dev.convoke.loadbalance.trace.TraceReader;
import dev.convoke.loadbalance.trace.TraceStep;
import dev.convoke.server.TraceFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * The file that a recording goes into.
 *
 * @param file that is replaced
 * @param told hears what it holds in the end
 */
record RecordedTrace(Path file, PrintWriter told) {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final double KB = 1e3;

    /** Empties it. */
    OutputStream create() throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES);
    }

    ConvokeException cannotBeWritten(final IOException e) {
        return new ConvokeException("The routing trace " + file + " cannot be written (" + e + "); name a file in a "
            + "directory that exists and has room.", e);
    }

    void say(final String sentence) {
        told.println(sentence);
        told.flush();
    }

    /** Reads it to the end and says what it holds. */
    void describe() throws IOException {
        final TraceReader reader = TraceFile.open(file);
        final TraceStep step = new TraceStep(reader.header());
        while (reader.next(step)) {
            continue;
        }
        final TraceEnd end = reader.end();
        say(String.format(Locale.ROOT, "%s: %,d rows in %,d steps, %.1f kB%s%s", file, end.rows(), end.steps(),
            Files.size(file) / KB, end.droppedSteps() == 0 ? "" : String.format(Locale.ROOT,
                "; %,d steps came faster than they could be written and are missing", end.droppedSteps()),
            end.reason() == TraceEnd.Reason.SIZE ? "; it ended at its largest size, see --bytes" : ""));
    }

    /** Ends a trace of which only the beginning has come, after the last block that is whole. */
    void mend() throws IOException {
        final TraceReader reader = TraceFile.open(file);
        final TraceStep step = new TraceStep(reader.header());
        try {
            while (reader.next(step)) {
                continue;
            }
        } catch (final TraceException e) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(reader.blockEnd()).position(reader.blockEnd());
                channel.write(TraceEncoder.endOf(new TraceEnd(reader.steps(), reader.rows(), 0,
                    TraceEnd.Reason.CUT_OFF)));
            }
        }
    }
}
