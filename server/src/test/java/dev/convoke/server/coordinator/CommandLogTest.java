package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConvokeException;
import dev.convoke.loadbalance.Placement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that a coordinator is recovered from, whole and damaged. */
class CommandLogTest {
    private static final Placement PLACEMENT =
        new Placement(3, 1, 2, 2, new int[][] {{0, 1}, {1}});
    private static final List<Command> COMMANDS = List.of(
        new Command.Begin(PLACEMENT, null, List.of(), Map.of()),
        new Command.Begin(PLACEMENT, PLACEMENT.withEpoch(9), List.of(1), Map.of(
            0, Member.configured("here:1"), 1, new Member("there:2", false, 2.5, true, true))),
        new Command.HostRegistered("there:2", 2.5),
        new Command.HostLeaving(1),
        new Command.HostForgotten(1),
        new Command.HostReported(1, -5, 7, List.of(0, 1), List.of(2), List.of(3), "It says \"no\".\n"),
        new Command.HostLost(0),
        new Command.DecoderReported(Long.MIN_VALUE, 4),
        new Command.DecoderLost(6),
        new Command.Move(PLACEMENT, List.of(0)),
        new Command.Cancel(),
        new Command.Tick());

    @TempDir
    private Path directory;

    private Path path() {
        return directory.resolve("deep").resolve("coordinator.log");
    }

    private List<CommandLog.Entry> written() {
        final List<CommandLog.Entry> entries = new ArrayList<>();
        for (int i = 0; i < COMMANDS.size(); i++) {
            entries.add(new CommandLog.Entry(1000L * i, COMMANDS.get(i)));
        }
        try (CommandLog log = CommandLog.begin(path(), entries.getFirst())) {
            entries.stream().skip(1).forEach(log::append);
        }
        return entries;
    }

    private static List<CommandLog.Entry> entries(final Path path) {
        return CommandLog.read(path).orElseThrow().entries();
    }

    @Test
    void shouldReadWhatWasWritten() {
        assertEquals(Optional.empty(), CommandLog.read(path()));
        final List<CommandLog.Entry> entries = written();
        assertEquals(new CommandLog.Content(entries, 0), CommandLog.read(path()).orElseThrow());
    }

    @Test
    void shouldBeginAnewInPlaceOfAnOlderLog() {
        written();
        final CommandLog.Entry first = new CommandLog.Entry(5, COMMANDS.get(1));
        CommandLog.begin(path(), first).close();
        assertEquals(List.of(first), entries(path()));
    }

    @Test
    void shouldReadUpToAnEndThatIsNotWhole() throws IOException {
        final List<CommandLog.Entry> entries = written();
        final byte[] bytes = Files.readAllBytes(path());
        for (int length = bytes.length - 1; length >= 0; length--) {
            Files.write(path(), Arrays.copyOf(bytes, length));
            final CommandLog.Content content = CommandLog.read(path()).orElseThrow();
            assertEquals(entries.subList(0, content.entries().size()), content.entries());
            long whole = 0;
            for (int i = 0; i < length; i++) {
                whole += bytes[i] == '\n' ? 1 : 0;
            }
            assertEquals(whole, content.entries().size());
            assertTrue(content.dropped() >= 0 && content.dropped() < length + 1);
        }
    }

    @Test
    void shouldNoticeEveryChangedByte() throws IOException {
        final List<CommandLog.Entry> entries = written();
        final byte[] bytes = Files.readAllBytes(path());
        final SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < bytes.length; i++) {
            final byte[] damaged = bytes.clone();
            damaged[i] ^= (byte)(1 << random.nextInt(8));
            Files.write(path(), damaged);
            try {
                final List<CommandLog.Entry> read = entries(path());
                assertTrue(read.size() < entries.size(), "byte " + i + " is not missed");
                assertEquals(entries.subList(0, read.size()), read);
            } catch (final ConvokeException e) {
                assertTrue(e.getMessage().contains("is damaged before line"), e.getMessage());
            }
        }
    }

    @Test
    void shouldNotGoOnFromTheMiddleOfADamagedFile() throws IOException {
        written();
        final List<String> lines = new ArrayList<>(Files.readAllLines(path()));
        lines.set(3, "00000000 {}");
        Files.write(path(), lines);
        final String message = assertThrows(ConvokeException.class, () -> CommandLog.read(path())).getMessage();
        assertTrue(message.contains(path().toString()) && message.contains("is damaged before line 5"), message);
    }

    @Test
    void shouldSayThatItCannotBeWritten() {
        final String message = assertThrows(ConvokeException.class, () -> CommandLog.begin(Path.of("/proc/none/log"),
            new CommandLog.Entry(1, COMMANDS.getFirst()))).getMessage();
        assertTrue(message.contains("--coordinator-log"), message);
    }
}
