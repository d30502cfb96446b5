package dev.convoke.bench.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateSearchTest {
    @ParameterizedTest
    @CsvSource({"1, 37.3", "100, 37.3", "37.3, 37.3", "1, 0.4", "8, 0.02"})
    void shouldFindTheBorderWithinTheResolution(final double first, final double border) throws InterruptedException {
        final RateSearch search = new RateSearch(0.9, 0.05, 0.01, 1000);
        final double found = search.find(first, (rate, number) -> rate <= border ? 0.95 : 0.5).orElseThrow();
        assertTrue(found <= border && found * 1.05 >= border, "found " + found);
        assertTrue(search.trials().getLast().passed());
        assertEquals(found, search.trials().getLast().perSecond());
    }

    @Test
    void shouldStepDownUntilTheLastRunConfirms() throws InterruptedException {
        final RateSearch search = new RateSearch(0.9, 0.1, 0.01, 1000);
        // Trials before the confirmation are too kind by a fifth.
        final double found = search.find(8, (rate, number) -> rate <= (number < 5 ? 12 : 10) ? 1 : 0).orElseThrow();
        assertTrue(found <= 10 && found > 8, "found " + found);
    }

    @Test
    void shouldFindNothingWhenEvenTheLowestRateFails() throws InterruptedException {
        assertEquals(OptionalDouble.empty(), new RateSearch(0.9, 0.1, 0.5, 1000).find(8, (rate, number) -> 0));
    }

    @Test
    void shouldEndAtTheHighestRate() throws InterruptedException {
        assertEquals(OptionalDouble.of(20), new RateSearch(0.9, 0.1, 0.5, 20).find(8, (rate, number) -> 1));
    }
}
