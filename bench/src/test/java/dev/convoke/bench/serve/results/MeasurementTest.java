package dev.convoke.bench.serve.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.Slo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasurementTest {
    private static final long MS = 1_000_000;
    /** The first waited 10 ms in the client; the second had its tokens in the second second; the third failed. */
    private static final List<RequestOutcome> OUTCOMES = List.of(
        outcome(0, 10, new long[] {110, 130, 170}, 3),
        outcome(500, 500, new long[] {1000, 1100}, 4),
        RequestOutcome.failed(600 * MS, 600 * MS, new long[] {700 * MS}, 750 * MS, "401: no"));
    private static final Measurement MEASURED = new Measurement(OUTCOMES, 0, 2000 * MS, List.of());
    private static final Selection SELECTION = new Selection(List.of(Metric.values()), List.of(50.0, 99.0, 99.9),
        Optional.of(Slo.parse(List.of("e2el:200"))));
    private static final RunDescription RUN = new RunDescription("openai", "http://a:1", "/v1/completions", "org/model",
        "server", "random", "gamma", Double.POSITIVE_INFINITY, 1, OptionalInt.of(8), 0, "", Map.of("note", "x"));

    private static RequestOutcome outcome(final long intendedMs, final long sentMs, final long[] tokensMs,
        final int outputTokens) {
        final long[] tokenNs = Arrays.stream(tokensMs).map(ms -> ms * MS).toArray();
        return new RequestOutcome(intendedMs * MS, sentMs * MS, tokenNs, tokenNs[tokenNs.length - 1], 5, outputTokens,
            "text", "");
    }

    @Test
    void shouldMeasureFromTheIntendedTimeAndFromTheSending() {
        assertMean(Metric.TTFT, (110 + 500) / 2.0);
        assertMean(Metric.TTFT_FROM_SEND, (100 + 500) / 2.0);
        assertMean(Metric.E2EL, (170 + 600) / 2.0);
        assertMean(Metric.E2EL_FROM_SEND, (160 + 600) / 2.0);
        assertMean(Metric.QUEUE_TIME, 5);
        // Without the first token: 60 ms for two, 100 ms for three.
        assertMean(Metric.TPOT, (30 + 100 / 3.0) / 2);
        assertMean(Metric.ITL, (20 + 40 + 100) / 3.0);
        assertEquals(3, MEASURED.distribution(Metric.ITL).count());
    }

    private static void assertMean(final Metric metric, final double ms) {
        assertEquals(ms, MEASURED.distribution(metric).meanMs(), ms * 0.001, metric.key());
    }

    @Test
    void shouldCountPeaks() {
        assertEquals(2, new Measurement(List.of(outcome(0, 0, new long[] {5}, 1), outcome(5, 5, new long[] {9}, 1),
            outcome(6, 6, new long[] {8}, 1)), 0, 10 * MS, List.of()).mostConcurrent());
        // Three tokens in the first second, four in the second.
        assertEquals(4, MEASURED.mostOutputTokensPerSecond(), 1e-9);
    }

    @Test
    void shouldNameFieldsAsVllmDoes() {
        final JsonNode result = ResultFile.of(MEASURED, SELECTION, RUN, LocalDateTime.of(2026, 1, 2, 3, 4, 5), true);
        // As written by vllm/benchmarks/serve.py with --save-result --save-detailed and percentiles 50, 99 and 99.9.
        final List<String> fields = new ArrayList<>(List.of("date", "endpoint_type", "backend", "label", "model_id",
            "tokenizer_id", "num_prompts", "request_rate", "burstiness", "max_concurrency", "duration", "completed",
            "failed", "total_input_tokens", "total_output_tokens", "request_throughput", "request_goodput",
            "output_throughput", "total_token_throughput", "max_output_tokens_per_s", "max_concurrent_requests",
            "input_lens", "output_lens", "ttfts", "itls", "latencies", "start_times", "queue_times", "errors",
            "generated_texts", "note"));
        for (final String metric : List.of("ttft", "tpot", "itl", "e2el")) {
            for (final String statistic : List.of("mean", "median", "std", "p50", "p99", "p99.9")) {
                fields.add(statistic + "_" + metric + "_ms");
                assertTrue(result.path(fields.getLast()).isNumber(), fields.getLast());
            }
        }
        fields.forEach(field -> assertTrue(result.has(field), field));
        for (final String perRequest : List.of("input_lens", "output_lens", "ttfts", "itls", "latencies", "start_times",
            "queue_times", "errors", "generated_texts")) {
            assertEquals(OUTCOMES.size(), result.get(perRequest).size(), perRequest);
        }
        assertTrue(result.get("machine").get("processors").asInt() > 0);
        assertEquals("inf", result.get("request_rate").asText());
        assertEquals(2, result.get("completed").asInt());
        assertEquals(7, result.get("total_output_tokens").asInt());
        assertEquals(3.5, result.get("output_throughput").asDouble());
        assertEquals(0.5, result.get("request_goodput").asDouble());
        assertEquals("[0.11,0.5,0]", result.get("ttfts").toString().replace("0.0]", "0]"));
        assertEquals("[[0.02,0.04],[0.1],[]]", result.get("itls").toString());
        assertEquals("[0.01,0.0,0.0]", result.get("queue_times").toString());
        assertEquals("[\"\",\"\",\"401: no\"]", result.get("errors").toString());
        assertEquals("openai-infqps-concurrency8-model-20260102-030405.json",
            ResultFile.defaultName(RUN, LocalDateTime.of(2026, 1, 2, 3, 4, 5)));
    }

    @Test
    void shouldLeaveOutRequestsUnlessDetailsAreWanted() {
        final JsonNode result = ResultFile.of(MEASURED, SELECTION, RUN, LocalDateTime.now(), false);
        assertTrue(Stream.of("ttfts", "itls", "errors", "generated_texts").noneMatch(result::has));
        assertEquals(1, result.get("failures").get("401: no").asInt());
    }

    @Test
    void shouldPrintATable() {
        final String table = ResultTable.of(MEASURED, SELECTION, RUN);
        assertTrue(table.startsWith("============ Serving Benchmark Result ============\n"), table);
        assertTrue(table.contains("Successful requests:                             2\n"), table);
        assertTrue(table.contains("-----Time per Output Token (excl. 1st token)------\n"), table);
        assertTrue(table.contains("Mean TTFT (ms):                             305."), table);
        assertTrue(table.contains("P99.9 E2EL (ms):"), table);
        assertTrue(table.contains("Median E2EL (ms):") && !table.contains("P50 E2EL"), table);
        assertTrue(table.endsWith("Failed 1 x: 401: no\n"), table);
    }

    @Test
    void shouldWriteFilesThatHdrHistogramReads(@TempDir final Path directory) throws IOException {
        HistogramFiles.writeDistributions(MEASURED, List.of(Metric.TTFT), directory);
        assertTrue(Files.readString(directory.resolve("ttft.hgrm")).contains("#[Mean    =      305."));
        final Path log = directory.resolve("run.hlog");
        HistogramFiles.writeLog(MEASURED, List.of(Metric.TTFT, Metric.ITL), log);
        try (HistogramLogReader reader = new HistogramLogReader(log.toFile())) {
            final Histogram all = new Histogram(3);
            int intervals = 0;
            for (EncodableHistogram next = reader.nextIntervalHistogram(); next != null;
                next = reader.nextIntervalHistogram()) {
                intervals++;
                if (next.getTag().equals("ttft")) {
                    all.add((Histogram)next);
                }
            }
            assertEquals(4, intervals);
            assertEquals(2, all.getTotalCount());
            assertTrue(all.valuesAreEquivalent(all.getMaxValue(), 500 * MS));
        }
    }

    @Test
    void shouldFindTheLongestTimeWithoutAProbe() {
        final Measurement measured = new Measurement(OUTCOMES, 0, 2000 * MS, List.of(
            outcome(0, 0, new long[] {10}, 1), outcome(100, 100, new long[] {900}, 1),
            outcome(200, 200, new long[] {905}, 1), RequestOutcome.failed(300 * MS, 300 * MS, new long[0], 310 * MS,
            "x")));
        assertEquals(890, measured.longestProbeGapMs(), 1e-9);
        assertEquals(1, measured.failedProbes());
        assertEquals(800, measured.probeLatencies().mostMs(), 1);
        final JsonNode result = ResultFile.of(measured, SELECTION, RUN, LocalDateTime.now(), false);
        assertEquals(4, result.get("probes").asInt());
    }
}
