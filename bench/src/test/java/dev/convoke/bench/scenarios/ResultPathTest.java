package dev.convoke.bench.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.Spread;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ResultPathTest {
    private static final JsonNode RESULT = read("""
        {"accounted": 0.98, "results": [
          {"figure": "read", "threads": 1, "median": 10, "min": 9, "max": 12, "samples": 5},
          {"figure": "read", "threads": 2, "rates": {"2 hosts": {"ratio": {"median": 0.9}}}, "name": "b"}]}""");

    private static JsonNode read(final String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (final com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<Spread> at(final String path) {
        return new ResultPath(path).in(RESULT);
    }

    @Test
    void shouldFindPlainNumbersAndSpreads() {
        assertEquals(Optional.of(new Spread(0.98, 0.98, 0.98, 1)), at("accounted"));
        assertEquals(Optional.of(new Spread(10, 9, 12, 5)), at("results[figure=read,threads=1]"));
        assertEquals(10, at("results").orElseThrow().median());
        assertEquals(0.9, at("results[ figure = read , threads=2 ].rates.2 hosts.ratio").orElseThrow().median());
    }

    @Test
    void shouldFindNothingWhereThereIsNoNumber() {
        for (final String path : List.of("other", "results.rates", "results[figure=read,threads=3]",
            "results[threads=2].name", "accounted.median", "results[threads=2].rates.3 hosts.ratio")) {
            assertEquals(Optional.empty(), at(path), path);
        }
    }

    @Test
    void shouldRefuseWhatIsNoPath() {
        for (final String path : List.of("", ".a", "a.", "a..b", "a[b", "a]b", "a[b]", "a[=1]", "a[b=1]c")) {
            assertThrows(IllegalArgumentException.class, () -> new ResultPath(path), path);
        }
    }
}
