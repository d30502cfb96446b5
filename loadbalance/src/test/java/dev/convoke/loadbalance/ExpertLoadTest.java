package dev.convoke.loadbalance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ExpertLoadTest {
    @Test
    void shouldKeepWhatItWasGiven() {
        final double[][] tokens = {{3, 1}, {0, 4}};
        final ExpertLoad load = ExpertLoad.of(tokens, new double[][]{{2, 1}, {0, 2}}, 4);
        tokens[0][0] = 9;
        assertEquals(3, load.tokens(0, 0));
        assertEquals(4, load.totalTokens(1));
        assertEquals(0.5, load.activity(0, 0));
        assertEquals(3, load.weight(LoadObjective.TOKENS, 0, 0));
        assertEquals(0.25, load.weight(LoadObjective.ACTIVE_EXPERTS, 0, 1));
    }

    @Test
    void shouldEstimateActivityFromRowsOfAStep() {
        final ExpertLoad load = ExpertLoad.ofTokens(new double[][]{{3, 1, 0, 0}, {0, 0, 0, 0}});
        assertFalse(load.hasActivity());
        assertThrows(IllegalStateException.class, () -> load.activity(0, 0));
        final ExpertLoad estimated = load.withEstimatedActivity(2, 2);
        assertTrue(estimated.hasActivity());
        assertEquals(1, estimated.activity(0, 0));
        assertEquals(0.75, estimated.activity(0, 1), 1e-12);
        assertEquals(0, estimated.activity(0, 2));
        assertEquals(0, estimated.activity(1, 0));
    }

    @Test
    void shouldEqualOnlyTheSameLoad() {
        final ExpertLoad load = ExpertLoad.ofTokens(new double[][]{{1, 1}});
        assertEquals(load, ExpertLoad.ofTokens(new double[][]{{1, 1}}));
        assertEquals(load.hashCode(), ExpertLoad.ofTokens(new double[][]{{1, 1}}).hashCode());
        assertNotEquals(load, ExpertLoad.uniform(1, 2));
        assertNotEquals(load, ExpertLoad.ofTokens(new double[][]{{1, 2}}));
    }

    @Test
    void shouldRejectWhatIsNoLoad() {
        assertRejected("tokens of no experts", new double[][]{{}});
        assertRejected("tokens of layer 1 are of 1 experts, those of layer 0 of 2", new double[][]{{1, 2}, {1}});
        assertRejected("tokens of layer 0 expert 1 are -1.0", new double[][]{{1, -1}});
        assertRejected("tokens of layer 0 expert 0 are NaN", new double[][]{{Double.NaN}});
        assertEquals("active steps of layer 0 expert 0 are 3.0", assertThrows(IllegalArgumentException.class,
            () -> ExpertLoad.of(new double[][]{{1}}, new double[][]{{3}}, 2)).getMessage());
    }

    private static void assertRejected(final String message, final double[][] tokens) {
        assertEquals(message,
            assertThrows(IllegalArgumentException.class, () -> ExpertLoad.ofTokens(tokens)).getMessage());
    }
}
