package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.Counters;
import org.junit.jupiter.api.Test;

class ChronicleTest {
    private final Chronicle chronicle = new Chronicle(new Counters(), host -> "host " + host);

    @Test
    void shouldRememberWhyAMoveFailedUntilAnotherIsAskedFor() {
        chronicle.on(new Event.MoveStarted(2, 2, false));
        assertEquals("", chronicle.lastFailure());
        chronicle.on(new Event.MoveRolledBack("Host 1 is gone."));
        chronicle.on(new Event.MoveStarted(0, 1, true));
        assertEquals("Host 1 is gone.", chronicle.lastFailure());
        chronicle.on(new Event.MoveStarted(1, 1, false));
        assertEquals("", chronicle.lastFailure());
    }
}
