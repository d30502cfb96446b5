package dev.convoke.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void shouldTakeTheMiddleOfTheSortedSamples() {
        assertEquals(new Spread(3, 1, 9, 3), Spread.of(9, 1, 3));
        assertEquals(new Spread(2.5, 1, 4, 4), Spread.of(4, 2, 3, 1));
        assertEquals(new Spread(6, 2, 18, 3), Spread.of(9, 1, 3).times(2));
        assertThrows(IllegalArgumentException.class, Spread::of);
    }
}
