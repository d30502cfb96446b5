package dev.convoke.bench.deployments;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class RateTableTest {
    @Test
    void shouldPrintMediansRangesAndRatiosOfTheSameRound() {
        final RateTable table = new RateTable(List.of("here", "there"),
            List.of("1 stream, tokens/s", "8 streams, tokens/s"));
        // The machine slows down in the second round: rates change, ratios hardly do.
        final double[][] rounds = {{100, 50, 400, 200}, {10, 6, 40, 20}, {120, 60, 440, 330}};
        for (final double[] round : rounds) {
            table.add(0, 0, round[0]);
            table.add(1, 0, round[1]);
            table.add(0, 1, round[2]);
            table.add(1, 1, round[3]);
        }
        assertEquals("""
            | deployment | 1 stream, tokens/s | ratio | 8 streams, tokens/s | ratio |
            |---|---:|---:|---:|---:|
            | here | 100 [10-120] | 1.00 [1.00-1.00] | 400 [40-440] | 1.00 [1.00-1.00] |
            | there | 50.0 [6.0-60.0] | 0.50 [0.50-0.60] | 200 [20-330] | 0.50 [0.50-0.75] |
            """, table.toString());
    }

    @Test
    void shouldTakeTheMiddleOfTwoForAnEvenNumberOfRounds() {
        final RateTable table = new RateTable(List.of("here"), List.of("1 stream"));
        table.add(0, 0, 100);
        table.add(0, 0, 200);
        assertEquals("| here | 150 [100-200] | 1.00 [1.00-1.00] |", table.toString().lines().toList().getLast());
    }
}
