package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.CapacityPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What answers tell about their times. */
@Timeout(60)
class RequestTimesTest {
    private static final String BODY = "{\"prompt\": \"In the beginning\", \"max_tokens\": 8, \"n\": 2, "
        + "\"temperature\": 0, \"stop\": [\"day\"]";

    @Test
    void shouldTellTimesThatAddUpAndWhatWasDropped() {
        try (TestServer server = TestServer.start(open -> new ApiSettings(open.address(), open.access(), open.tls(),
            open.origins(), open.limits(), true, open.pingInterval(), open.drainLimit()),
            context -> context.capacity(new Capacity(CapacityPolicy.DROP, 0.5)))) {
            final JsonNode whole = server.completion(BODY + "}");
            requireConsistent(whole.get("metrics"));
            requireDropped(whole.get("usage").get("moe_details"));
            final List<JsonNode> events = server.events("/v1/completions", BODY
                + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}");
            requireConsistent(events.getLast().get("metrics"));
            requireDropped(events.getLast().get("usage").get("moe_details"));
            assertTrue(events.subList(0, events.size() - 1).stream().noneMatch(event -> event.has("metrics")));
            final JsonNode nothing = server.completion("{\"prompt\": \"a\", \"max_tokens\": 0}").get("metrics");
            assertEquals(1, nothing.size(), nothing.toString());
            assertTrue(nothing.get("e2e_latency_ms").doubleValue() > 0);
        }
    }

    private static void requireDropped(final JsonNode details) {
        assertEquals(0, details.get("rerouted_entries").longValue());
        assertTrue(details.get("dropped_entries").longValue() > 0, details.toString());
        assertTrue(details.get("entries").longValue() > details.get("dropped_entries").longValue(), details.toString());
    }

    private static void requireConsistent(final JsonNode times) {
        final double queue = times.get("queue_time_ms").doubleValue();
        final double prefill = times.get("prefill_time_ms").doubleValue();
        final double generation = times.get("generation_time_ms").doubleValue();
        assertTrue(queue >= 0 && prefill > 0 && generation > 0, times.toString());
        assertEquals(queue + prefill, times.get("time_to_first_token_ms").doubleValue(), 0.01, times.toString());
        assertEquals(queue + prefill + generation, times.get("e2e_latency_ms").doubleValue(), 0.01, times.toString());
        assertTrue(times.get("mean_itl_ms").doubleValue() > 0, times.toString());
        assertTrue(times.get("tokens_per_second").doubleValue() > 0, times.toString());
    }

    @Test
    void shouldTellNothingUnlessTold() {
        final JsonNode answer = TestServer.shared().completion(BODY + "}");
        assertFalse(answer.has("metrics"));
        assertFalse(answer.get("usage").has("moe_details"));
    }
}
