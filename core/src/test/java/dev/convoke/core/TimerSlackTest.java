package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class TimerSlackTest {
    @Test
    void shouldLeaveTheThreadWithTheLeast() throws Exception {
        final Path own = Path.of("/proc/self/timerslack_ns");
        Assumptions.assumeTrue(Files.isReadable(own), "Linux tells a thread's slack here");
        final String[] slack = new String[2];
        final Thread thread = Thread.ofPlatform().start(() -> {
            slack[0] = String.valueOf(TimerSlack.minimise());
            slack[1] = read();
        });
        thread.join();
        assertEquals("true", slack[0]);
        assertEquals("1", slack[1]);
    }

    private static String read() {
        try {
            final Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
            return Files.readString(Path.of("/proc").resolve(thread.getFileName()).resolve("timerslack_ns")).strip();
        } catch (final IOException e) {
            return e.toString();
        }
    }
}
