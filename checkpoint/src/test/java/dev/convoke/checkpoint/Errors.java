package dev.convoke.checkpoint;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.function.Executable;

/** Checks on messages meant for people. */
public final class Errors {
    private Errors() {
    }

    /** The action must fail with one sentence that has all of these parts. */
    public static CheckpointException assertRefused(final Executable action, final String... parts) {
        final CheckpointException error = assertThrows(CheckpointException.class, action);
        for (final String part : parts) {
            assertTrue(error.getMessage().contains(part), () -> "'" + part + "' is not in: " + error.getMessage());
        }
        assertFalse(error.getMessage().contains("\n"), error::getMessage);
        assertTrue(error.getMessage().endsWith("."), error::getMessage);
        return error;
    }
}
