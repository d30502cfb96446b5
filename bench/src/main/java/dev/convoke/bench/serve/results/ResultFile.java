package dev.convoke.bench.serve.results;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.MachineDescription;
import dev.convoke.bench.serve.RequestOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The figures of a run as one JSON object; fields that {@code vllm bench serve} writes have its names and units. */
public final class ResultFile {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
    private static final double NS_PER_S = 1e9;

    private ResultFile() {
    }

    /**
     * The object.
     *
     * @param detailed whether it lists every request
     */
    public static ObjectNode of(final Measurement measured, final Selection selection,
        final RunDescription description, final LocalDateTime now, final boolean detailed) {
        final ObjectNode result = JSON.createObjectNode();
        describe(result, description, now, measured.outcomes().size());
        result.put("duration", measured.seconds());
        result.put("completed", measured.completed());
        result.put("failed", measured.failed());
        result.put("total_input_tokens", measured.inputTokens());
        result.put("total_output_tokens", measured.outputTokens());
        result.put("request_throughput", measured.perSecond(measured.completed()));
        selection.slo().ifPresentOrElse(slo -> {
            final long good = slo.countGood(measured.outcomes());
            result.put("request_goodput", measured.perSecond(good));
            result.put("slo_attainment", (double)good / Math.max(1, measured.outcomes().size()));
        }, () -> result.putNull("request_goodput"));
        result.put("output_throughput", measured.perSecond(measured.outputTokens()));
        result.put("total_token_throughput", measured.perSecond(measured.inputTokens() + measured.outputTokens()));
        result.put("max_output_tokens_per_s", measured.mostOutputTokensPerSecond());
        result.put("max_concurrent_requests", measured.mostConcurrent());
        selection.metrics().forEach(metric ->
            putDistribution(result, metric.key(), measured.distribution(metric), selection));
        if (measured.probes() > 0) {
            result.put("probes", measured.probes());
            result.put("failed_probes", measured.failedProbes());
            putDistribution(result, "probe", measured.probeLatencies(), selection);
            result.put("longest_probe_gap_ms", measured.longestProbeGapMs());
        }
        if (measured.failed() > 0) {
            final ObjectNode failures = result.putObject("failures");
            measured.failures().forEach(failures::put);
        }
        if (detailed) {
            putRequests(result, measured);
        }
        return result;
    }

    private static void describe(final ObjectNode result, final RunDescription run, final LocalDateTime now,
        final int requests) {
        result.put("date", STAMP.format(now));
        result.put("endpoint_type", run.backend());
        result.put("backend", run.backend());
        if (run.label().isEmpty()) {
            result.putNull("label");
        } else {
            result.put("label", run.label());
        }
        result.put("model_id", run.model());
        result.put("tokenizer_id", run.tokenizer());
        result.put("num_prompts", requests);
        run.metadata().forEach(result::put);
        if (Double.isFinite(run.requestRate())) {
            result.put("request_rate", run.requestRate());
        } else {
            result.put("request_rate", "inf");
        }
        result.put("burstiness", run.burstiness());
        if (run.maxConcurrency().isPresent()) {
            result.put("max_concurrency", run.maxConcurrency().getAsInt());
        } else {
            result.putNull("max_concurrency");
        }
        result.put("base_url", run.address());
        result.put("endpoint", run.route());
        result.put("dataset", run.dataset());
        result.put("arrivals", run.arrivals());
        result.put("seed", run.seed());
        result.put("latency_from", "intended send time");
        result.set("machine", JSON.valueToTree(MachineDescription.here()));
    }

    private static void putDistribution(final ObjectNode result, final String key, final Distribution distribution,
        final Selection selection) {
        result.put("mean_" + key + "_ms", distribution.meanMs());
        result.put("median_" + key + "_ms", distribution.percentileMs(50));
        result.put("std_" + key + "_ms", distribution.standardDeviationMs());
        for (final double percentile : selection.percentiles()) {
            result.put("p" + Selection.name(percentile) + "_" + key + "_ms", distribution.percentileMs(percentile));
        }
        result.put("max_" + key + "_ms", distribution.mostMs());
    }

    /** In the order of the requests; seconds, start times from the start of the run; zeros for what failed. */
    private static void putRequests(final ObjectNode result, final Measurement measured) {
        final ArrayNode inputs = result.putArray("input_lens");
        final ArrayNode outputs = result.putArray("output_lens");
        final ArrayNode ttfts = result.putArray("ttfts");
        final ArrayNode itls = result.putArray("itls");
        final ArrayNode latencies = result.putArray("latencies");
        final ArrayNode starts = result.putArray("start_times");
        final ArrayNode queues = result.putArray("queue_times");
        final ArrayNode errors = result.putArray("errors");
        final ArrayNode texts = result.putArray("generated_texts");
        for (final RequestOutcome outcome : measured.outcomes()) {
            final boolean succeeded = outcome.succeeded();
            inputs.add(outcome.promptTokens());
            outputs.add(outcome.outputTokens());
            ttfts.add(succeeded ? outcome.timeToFirstTokenNs() / NS_PER_S : 0);
            final ArrayNode gaps = itls.addArray();
            Metric.ITL.samplesNs(outcome).forEach(gap -> gaps.add(gap / NS_PER_S));
            latencies.add(succeeded ? outcome.endToEndNs() / NS_PER_S : 0);
            starts.add((outcome.intendedNs() - measured.startNs()) / NS_PER_S);
            queues.add(outcome.queueNs() / NS_PER_S);
            errors.add(outcome.error());
            texts.add(outcome.text());
        }
    }

    /** The name that a result gets unless it is given one. */
    public static String defaultName(final RunDescription run, final LocalDateTime now) {
        final String rate = Double.isFinite(run.requestRate()) ? Double.toString(run.requestRate()) : "inf";
        final String concurrency = run.maxConcurrency().isPresent()
            ? "-concurrency" + run.maxConcurrency().getAsInt() : "";
        final String model = run.model().substring(run.model().lastIndexOf('/') + 1);
        return (run.label().isEmpty() ? run.backend() : run.label()) + "-" + rate + "qps" + concurrency + "-" + model
            + "-" + STAMP.format(now) + ".json";
    }

    /** Writes an object, making the directory. */
    public static void write(final ObjectNode result, final Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, JSON.writeValueAsBytes(result));
    }
}
