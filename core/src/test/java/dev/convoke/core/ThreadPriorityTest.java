package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class ThreadPriorityTest {
    /** Of the fields after a thread's name, as proc(5) numbers them from 3 on. */
    private static final int NICE = 19 - 3;

    @Test
    void shouldLowerTheCallingThreadAndNoOther() throws Exception {
        Assumptions.assumeTrue(Files.isReadable(Path.of("/proc/thread-self/stat")), "Linux tells it here");
        final int before = nice();
        final Object[] lowered = new Object[2];
        final Thread thread = Thread.ofPlatform().start(() -> {
            lowered[0] = ThreadPriority.lower();
            lowered[1] = nice();
        });
        thread.join();
        assertEquals(true, lowered[0]);
        assertEquals(Math.min(before + 10, 19), lowered[1]);
        assertEquals(before, nice());
    }

    private static int nice() {
        try {
            final String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[NICE]);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }
}
