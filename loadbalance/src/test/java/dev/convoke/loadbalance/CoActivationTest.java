package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class CoActivationTest {
    @Test
    void shouldCountEveryPairOfARowInEitherOrder() {
        final CoActivation.Builder builder = CoActivation.builder(2, 4).addRow(1, 3, 0, 2).add(1, 0, 3, 0.5);
        final CoActivation pairs = builder.build();
        builder.addRow(1, 0, 3);
        assertEquals(1.5, pairs.rows(1, 0, 3));
        assertEquals(1.5, pairs.rows(1, 3, 0));
        assertEquals(1, pairs.rows(1, 2, 3));
        assertEquals(0, pairs.rows(1, 1, 3));
        assertEquals(0, pairs.rows(1, 3, 3));
        assertEquals(0, pairs.rows(0, 0, 3));
    }

    @Test
    void shouldRejectWhatIsNoPair() {
        final CoActivation.Builder builder = CoActivation.builder(1, 4);
        assertThrows(IllegalArgumentException.class, () -> builder.addRow(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.add(0, 1, 4, 1));
        assertThrows(IllegalArgumentException.class, () -> builder.add(0, 1, 2, -1));
    }
}
