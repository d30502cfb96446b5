package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class CountersTest {
    private final Counters counters = new Counters();

    @Test
    void shouldCount() {
        final Counter counter = counters.register("frames", "Frames seen.");
        counter.increment();
        counter.add(4);
        assertEquals(5, counter.value());
        assertEquals(5, counters.value("frames"));
    }

    @Test
    void shouldListInOrderOfNames() {
        counters.register("b", "Second.");
        counters.register("a", "First.");
        assertEquals(List.of("a", "b"), counters.all().stream().map(Counter::name).toList());
    }

    @Test
    void shouldRefuseANameTwice() {
        counters.register("frames", "Frames seen.");
        assertThrows(IllegalStateException.class, () -> counters.register("frames", "Again."));
        assertThrows(IllegalArgumentException.class, () -> counters.value("rows"));
    }
}
