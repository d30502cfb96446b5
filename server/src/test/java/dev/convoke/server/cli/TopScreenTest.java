package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.server.client.ClusterFigures;
import dev.convoke.server.client.MetricsPage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two looks at a cluster become figures, and figures become lines that fit. */
class TopScreenTest {
    private static final String METRICS = """
        # HELP moe_experts Experts of a layer.
        moe_experts 8.0
        process_uptime_seconds %s
        vllm:num_requests_running{model_name="tiny"} 2.0
        vllm:generation_tokens_total{model_name="tiny"} %s
        moe_step_seconds_count %s
        moe_step_seconds_sum %s
        moe_stage_seconds_sum{stage="wait"} %s
        moe_combine_rows_total{host="a:1"} %s
        moe_combine_rows_total{host="b:1"} %s
        moe_host_breaker{host="a:1"} 0.0
        moe_host_breaker{host="b:1"} 2.0
        moe_host_seconds_count{host="a:1",part="network"} %s
        moe_host_seconds_sum{host="a:1",part="network"} %s
        moe_host_seconds_sum{host="a:1",part="expert"} %s
        moe_failover_total{reason="silent"} %s
        moe_other_numerics_entries_total{host="b:1",numerics="int8-1"} %s
        moe_exchange_entries_total{layer="0"} %s
        moe_busiest_expert_entries_total{layer="0"} %s
        moe_busiest_host_entries_total{layer="0"} %s
        not a series
        odd{le="+Inf"} NaN
        """;

    private static ClusterFigures.Look look(final double seconds, final Object... values) throws IOException {
        final JsonNode cluster = new ObjectMapper().readTree("""
            {"epoch": 4, "decoder_epoch": 3, "hosts": [
              {"address": "a:1", "up": true, "drained": false, "replicas_placed": 5, "replicas_held": 4, "failure": ""},
              {"address": "b:1", "numerics": "int8-1", "up": false, "drained": false, "replicas_placed": 3,
               "replicas_held": 3,
               "failure": "\\u001b[2Jno memory is left for replicas, however long this sentence is made"}],
             "move": {"stage": "loading", "phase": 1, "phases": 2, "loads": 3, "drops": 1, "undoing": true},
             "last_failure": "host b:1 went away"}
            """);
        return new ClusterFigures.Look(seconds, cluster, new MetricsPage(METRICS.formatted(values)));
    }

    private static ClusterFigures.Look before() throws IOException {
        return look(10, 100, 1000, 50, 0.5, 0.4, 500, 100, 50, 0.01, 0.02, 1, 20, 800, 200, 500);
    }

    private static ClusterFigures.Look now() throws IOException {
        return look(12, 102, 1300, 150, 0.7, 0.5, 800, 200, 150, 0.11, 0.22, 5, 60, 1600, 600, 1100);
    }

    @Test
    void shouldReadLabelsWithQuotesAndTimestamps() {
        final MetricsPage page = new MetricsPage(
            "a{x=\"1\\\"2\",y=\"z\"} 3 1700000000000\na{x=\"4\",y=\"z\"} 5e-1\nb 7\n");
        assertEquals(3.5, page.sum("a", Map.of("y", "z")));
        assertEquals(3, page.sum("a", Map.of("x", "1\"2")));
        assertEquals(7, page.sum("b"));
        assertEquals(2, page.values("a", "x").size());
    }

    @Test
    void shouldTellWhatHappenedInBetween() throws IOException {
        final JsonNode figures = ClusterFigures.of(before(), now());
        assertFalse(figures.path("idle").asBoolean());
        assertEquals(150, figures.path("tokens_per_second").asDouble(), 1e-9);
        assertEquals(50, figures.path("steps_per_second").asDouble(), 1e-9);
        assertEquals(2, figures.path("step_ms").asDouble(), 1e-9);
        assertEquals(1, figures.at("/stages_ms/wait").asDouble(), 1e-9);
        assertEquals(0.75, figures.at("/hosts/0/share").asDouble(), 1e-9);
        assertEquals(3, figures.at("/hosts/0/latency_ms").asDouble(), 1e-9);
        assertEquals("open", figures.at("/hosts/1/breaker").asText());
        assertEquals("gone", figures.at("/hosts/1/state").asText());
        assertEquals(5, figures.at("/events/failover_silent/total").asDouble());
        assertEquals(2, figures.at("/events/failover_silent/per_second").asDouble(), 1e-9);
        assertEquals(60, figures.at("/hosts/1/other_numerics_entries").asDouble());
        assertEquals(0, figures.at("/hosts/0/other_numerics_entries").asDouble());
        assertEquals(20, figures.at("/events/other_numerics/per_second").asDouble(), 1e-9);
        assertEquals(4, figures.at("/layers/0/busiest_expert_over_mean").asDouble(), 1e-9);
        assertEquals(1.5, figures.at("/layers/0/busiest_host_over_mean").asDouble(), 1e-9);
    }

    @Test
    void shouldTellWhatHappenedSinceTheStartWhenItIdlesOrHasStartedAgain() throws IOException {
        for (final ClusterFigures.Look first : List.of(now(), before())) {
            final JsonNode figures = ClusterFigures.of(first, before());
            assertTrue(figures.path("idle").asBoolean());
            assertEquals(0, figures.path("tokens_per_second").asDouble());
            assertEquals(10, figures.path("step_ms").asDouble(), 1e-9);
        }
    }

    @Test
    void shouldFitEveryWidthAndObeyNobody() throws IOException {
        final JsonNode figures = ClusterFigures.of(before(), now());
        for (int width = 20; width <= 200; width++) {
            final List<String> lines = TopScreen.lines(figures, "http://127.0.0.1:8080", width, false,
                StandardCharsets.US_ASCII);
            for (final String line : lines) {
                assertTrue(line.length() <= width, width + ": " + line);
                assertTrue(line.chars().allMatch(letter -> letter >= ' ' && letter < 0x7f), width + ": " + line);
            }
        }
        final String shown = String.join("\n", TopScreen.lines(figures, "http://127.0.0.1:8080", 100, true,
            StandardCharsets.UTF_8));
        assertTrue(shown.contains("epoch 4 (decoder at 3)") && shown.contains("5 failovers  silent 5 (2.00/s)"), shown);
        assertTrue(shown.contains("undoing a move: loading, phase 1 of 2: 3 replicas to load, 1 to free"), shown);
        assertTrue(shown.contains("\u001b[31mgone   \u001b[0m \u001b[31mopen   \u001b[0m"), shown);
        assertTrue(shown.contains("?[2Jno memory") && shown.contains("rolled back: host b:1 went away"), shown);
        assertTrue(shown.contains("  computes int8-1: 60 entries in other numerics than the decoder's, 20.0/s"));
        assertTrue(shown.contains("75 % \u2588"), shown);
    }

    @Test
    void shouldDrawInPlaceAndPutTheTerminalBackOnce() {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        final Terminal terminal = new Terminal(out, new ByteArrayInputStream(new byte[0]));
        terminal.draw(List.of("one", "two", "three"), 2);
        terminal.close();
        terminal.draw(List.of("late"), 2);
        terminal.close();
        assertEquals("\u001b[?1049h\u001b[?25l\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?25h\u001b[?1049l",
            bytes.toString(StandardCharsets.UTF_8));
    }
}
