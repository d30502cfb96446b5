package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaceTest {
    @Test
    void shouldReadEveryNameAndPreferWhatIsForTheHost() {
        final Map<String, String> settings = Map.of("bandwidth", "200GB", "rate", "40Tflop", "fixed", "20us",
            "1.slowdown", "2.5", "1.fixed", "0us");
        assertEquals(new Pace(20_000, 200e9, 40e12, 0), Pace.of(settings, 0, 2));
        assertEquals(new Pace(0, 200e9, 40e12, 2.5), Pace.of(settings, 1, 2));
        assertTrue(Pace.of(Map.of("1.slowdown", "2x"), 0, 2).isReal());
        assertFalse(Pace.of(Map.of("fixed", "1us"), 0, 2).isReal());
    }

    @Test
    void shouldAddWhatABatchTakes() {
        assertEquals(500, new Pace(500, 0, 0, 0).batchNs(1000, 1000, 99));
        assertEquals(500 + 1000 + 20, new Pace(500, 1e9, 1e11, 0).batchNs(1000, 2000, 99));
        assertEquals(500 + 3 * 1000, new Pace(500, 1e9, 0, 3).batchNs(1000, 2000, 99));
        assertEquals(7 + 4 * 99, new Pace(7, 0, 0, 4).batchNs(1000, 2000, 99));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "bandwith | 1GB | pace.bandwith is no setting | did you mean 'bandwidth'?",
        "bandwidth | 200 | pace.bandwidth is '200' | for example 10GB",
        "rate | fast | pace.rate is 'fast' | for example 10Gflop",
        "fixed | 1 hour | pace.fixed is '1 hour' | for example 200us",
        "slowdown | much | pace.slowdown is 'much' | for example 3 or 2.5",
        "2.slowdown | 3x | pace.2.slowdown is about host 2 | there are 2 hosts"})
    void shouldNameTheSettingAndTheRemedyWhenItCannotBe(final String name, final String value, final String fault,
        final String remedy) {
        final String message = assertThrows(ConfigurationException.class,
            () -> Pace.of(Map.of(name, value), 0, 2)).getMessage();
        assertTrue(message.startsWith(fault) && message.contains(remedy) && message.endsWith("."), message);
    }
}
