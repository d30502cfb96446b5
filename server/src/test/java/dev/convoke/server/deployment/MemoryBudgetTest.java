package dev.convoke.server.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.ConvokeException;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    @Test
    void shouldShowBothFiguresAndTheRemedy() {
        final MemoryBudget budget = new MemoryBudget(() -> 8_000_000_000L);
        budget.require("Pages", 8_000_000_000L, "lower something");
        assertEquals("Pages take 8.1 GB, but 8.0 GB of memory are available; lower something.",
            assertThrows(ConvokeException.class, () -> budget.require("Pages", 8_100_000_000L,
                "lower something")).getMessage());
    }

    @Test
    void shouldKnowThisMachine() {
        MemoryBudget.ofMachine().require("Few bytes", 1, "buy a machine");
        assertThrows(ConvokeException.class,
            () -> MemoryBudget.ofMachine().require("All bytes", Long.MAX_VALUE, "buy a machine"));
    }
}
