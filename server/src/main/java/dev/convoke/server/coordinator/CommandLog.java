package dev.convoke.server.coordinator;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdDelegatingSerializer;
import com.fasterxml.jackson.databind.util.StdConverter;
import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.Placement;
import dev.convoke.server.PlacementText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The commands that changed something, one a line: a CRC-32C in hexadecimal and the command with its time as JSON. Only
 * appended to, and written through to the disk with each. A file that ends in the middle of a line, as after a power
 * failure, is read up to there; one that is damaged before its end is refused. Owned by one thread.
 */
final class CommandLog implements AutoCloseable {
    private static final int CHECK_DIGITS = 8;
    private static final ObjectMapper JSON = newMapper();

    private final Path path;
    private final FileChannel file;

    /** A command and when it came. */
    record Entry(long atNs, Command command) {
    }

    /**
     * What a file holds.
     *
     * @param dropped bytes of an entry at its end that is not whole
     */
    record Content(List<Entry> entries, long dropped) {
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "is")
    private interface Named {
    }

    private CommandLog(final Path path, final FileChannel file) {
        this.path = path;
        this.file = file;
    }

    private static ObjectMapper newMapper() {
        final ObjectMapper mapper = new ObjectMapper().addMixIn(Command.class, Named.class);
        mapper.registerSubtypes(Command.class.getPermittedSubclasses());
        final SimpleModule placements = new SimpleModule();
        placements.addSerializer(Placement.class, new StdDelegatingSerializer(Placement.class, new ToText()));
        placements.addDeserializer(Placement.class, new StdDelegatingDeserializer<>(new FromText()));
        return mapper.registerModule(placements);
    }

    private static final class ToText extends StdConverter<Placement, PlacementText> {
        @Override
        public PlacementText convert(final Placement placement) {
            return PlacementText.of(placement);
        }
    }

    private static final class FromText extends StdConverter<PlacementText, Placement> {
        @Override
        public Placement convert(final PlacementText text) {
            return text.toPlacement();
        }
    }

    /** What a file holds; nothing if there is none. */
    static Optional<Content> read(final Path path) {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        final byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (final IOException e) {
            throw new ConvokeException("The coordinator's log " + path + " cannot be read: " + e + ".", e);
        }
        final List<Entry> entries = new ArrayList<>();
        int start = 0;
        int damaged = -1;
        int line = 0;
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] == '\n') {
                line++;
                final Optional<Entry> entry = parse(bytes, start, end);
                if (entry.isPresent() && damaged >= 0) {
                    throw new ConvokeException("The coordinator's log " + path + " is damaged before line " + line
                        + "; put a copy in its place, or remove it to begin with the placement of the options.");
                }
                entry.ifPresent(entries::add);
                damaged = entry.isEmpty() && damaged < 0 ? start : damaged;
                start = end + 1;
            }
        }
        return Optional.of(new Content(entries, bytes.length - (damaged >= 0 ? damaged : start)));
    }

    private static Optional<Entry> parse(final byte[] bytes, final int from, final int to) {
        final int json = from + CHECK_DIGITS + 1;
        if (to <= json || bytes[json - 1] != ' '
            || !new String(bytes, from, CHECK_DIGITS, UTF_8).equals(check(bytes, json, to))) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readValue(new String(bytes, json, to - json, UTF_8), Entry.class));
        } catch (final JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static String check(final byte[] bytes, final int from, final int to) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, from, to - from);
        return "%08x".formatted(crc.getValue());
    }

    /** Replaces whatever lies there by a log of one entry, which says all that came before. */
    static CommandLog begin(final Path path, final Entry first) {
        final Path fresh = path.resolveSibling(path.getFileName() + ".new");
        try {
            if (path.toAbsolutePath().getParent() != null) {
                Files.createDirectories(path.toAbsolutePath().getParent());
            }
            try (FileChannel file = FileChannel.open(fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
                write(file, first);
            }
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new CommandLog(path, FileChannel.open(path, StandardOpenOption.APPEND));
        } catch (final IOException e) {
            throw new ConvokeException("The coordinator's log " + path + " cannot be written: " + e
                + "; choose a place that can be with --coordinator-log.", e);
        }
    }

    /** Adds a command, which is on the disk when this returns. */
    void append(final Entry entry) {
        try {
            write(file, entry);
        } catch (final IOException e) {
            throw new ConvokeException("The coordinator's log " + path + " cannot be written: " + e + ".", e);
        }
    }

    private static void write(final FileChannel file, final Entry entry) throws IOException {
        final byte[] json = JSON.writeValueAsBytes(entry);
        final byte[] check = (check(json, 0, json.length) + " ").getBytes(UTF_8);
        final ByteBuffer line = ByteBuffer.allocate(check.length + json.length + 1).put(check).put(json)
            .put((byte)'\n').flip();
        while (line.hasRemaining()) {
            file.write(line);
        }
        file.force(false);
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (final IOException e) {
            throw new ConvokeException("The coordinator's log " + path + " cannot be closed: " + e + ".", e);
        }
    }
}
