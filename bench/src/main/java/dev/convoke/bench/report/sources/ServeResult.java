package dev.convoke.bench.report.sources;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.report.Measure;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Results of {@code bench serve} and of {@code vllm bench serve}. Requests are taken one by one where the file lists
 * them ({@code --save-detailed}), else the percentiles that it has.
 */
final class ServeResult implements ResultReader {
    private static final double MS_PER_S = 1000;
    private static final List<String> METRICS = List.of("ttft", "tpot", "itl", "e2el");
    private static final Set<String> NOT_SETTINGS = Set.of("date", "label", "machine", "latency_from", "duration",
        "completed", "failed", "endpoint_type", "probes", "failed_probes", "find_rate", "failures", "goodput");

    @Override
    public boolean recognises(final JsonNode result) {
        return result.has("completed") && result.has("request_throughput");
    }

    @Override
    public void read(final JsonNode result, final Run.Builder run) {
        run.kind("serve").date(date(result.path("date").asText("")));
        Descriptions.pairs(result.path("machine")).forEach(run::machine);
        readSettings(result, run);
        readMeasures(result, run);
        if (result.path("request_rate").isNumber()) {
            run.load(result.get("request_rate").asDouble());
        }
        if (result.path("ttfts").isArray() && !result.get("ttfts").isEmpty()) {
            readRequests(result, run);
        }
        for (final String metric : METRICS) {
            final Percentiles listed = listed(result, metric);
            if (!listed.points().isEmpty()) {
                run.distribution(metric, listed);
            }
        }
    }

    /** {@code 20260102-030405} as people write it. */
    private static String date(final String stamp) {
        return stamp.replaceFirst("^(\\d{4})(\\d\\d)(\\d\\d)-(\\d\\d)(\\d\\d)(\\d\\d)$", "$1-$2-$3 $4:$5:$6");
    }

    private static void readSettings(final JsonNode result, final Run.Builder run) {
        for (final Map.Entry<String, JsonNode> field : result.properties()) {
            final JsonNode value = field.getValue();
            final String key = field.getKey();
            if (value.isValueNode() && !value.isNull() && !NOT_SETTINGS.contains(key)
                && !key.matches(".*_(ms|throughput|goodput|tokens|per_s|requests|attainment)")) {
                run.setting(Descriptions.name(key), value.asText());
            }
        }
    }

    private static void readMeasures(final JsonNode result, final Run.Builder run) {
        put(run, result, "completed", new Measure("completed", "Completed", "", Measure.Better.NEITHER));
        put(run, result, "failed", new Measure("failed", "Failed", "", Measure.Better.LOWER));
        put(run, result, "request_throughput", new Measure("request_throughput", "Requests", "1/s",
            Measure.Better.HIGHER));
        put(run, result, "request_goodput", new Measure("request_goodput", "Goodput", "1/s", Measure.Better.HIGHER));
        put(run, result, "output_throughput", new Measure("output_throughput", "Output", "tok/s",
            Measure.Better.HIGHER));
        for (final String metric : METRICS) {
            put(run, result, "median_" + metric + "_ms", new Measure("median_" + metric + "_ms", label(metric) + " p50",
                "ms", Measure.Better.LOWER));
            put(run, result, "p99_" + metric + "_ms", new Measure("p99_" + metric + "_ms", label(metric) + " p99",
                "ms", Measure.Better.LOWER));
        }
        put(run, result, "longest_probe_gap_ms", new Measure("longest_probe_gap_ms", "Longest probe gap", "ms",
            Measure.Better.LOWER));
    }

    private static String label(final String metric) {
        return metric.toUpperCase(Locale.ROOT);
    }

    private static void put(final Run.Builder run, final JsonNode result, final String field, final Measure measure) {
        if (result.path(field).isNumber()) {
            run.measure(measure, result.get(field).asDouble());
        }
    }

    /** The percentiles that the file lists. */
    private static Percentiles listed(final JsonNode result, final String metric) {
        final List<Percentiles.Point> points = new ArrayList<>();
        for (final Map.Entry<String, JsonNode> field : result.properties()) {
            final String key = field.getKey();
            if (key.matches("p\\d+(\\.\\d+)?_" + metric + "_ms")) {
                points.add(new Percentiles.Point(Double.parseDouble(key.substring(1, key.indexOf('_'))),
                    field.getValue().asDouble()));
            }
        }
        if (result.has("median_" + metric + "_ms") && points.stream().noneMatch(point -> point.percentile() == 50)) {
            points.add(new Percentiles.Point(50, result.get("median_" + metric + "_ms").asDouble()));
        }
        if (!points.isEmpty() && result.has("max_" + metric + "_ms")) {
            points.add(new Percentiles.Point(100, result.get("max_" + metric + "_ms").asDouble()));
        }
        return new Percentiles(result.path("completed").asLong(), points, true);
    }

    private static void readRequests(final JsonNode result, final Run.Builder run) {
        final double[] firsts = numbers(result, "ttfts");
        final int count = firsts.length;
        final JsonNode errors = sameLength(result, "errors", count);
        final JsonNode gaps = sameLength(result, "itls", count);
        final JsonNode outputs = sameLength(result, "output_lens", count);
        final int[] good = IntStream.range(0, count).filter(i -> errors.path(i).asText("").isEmpty()).toArray();
        if (good.length == 0) {
            return;
        }
        final double[] latencies = result.has("latencies") ? numbers(result, "latencies")
            : IntStream.range(0, count).mapToDouble(i -> firsts[i] + sum(gaps.path(i))).toArray();
        add(run, "ttft", pick(good, firsts));
        add(run, "e2el", pick(good, latencies));
        add(run, "itl", IntStream.of(good).mapToObj(gaps::path).flatMapToDouble(ServeResult::stream).toArray());
        add(run, "tpot", IntStream.of(good).filter(i -> outputs.path(i).asInt() > 1)
            .mapToDouble(i -> (latencies[i] - firsts[i]) / (outputs.path(i).asInt() - 1)).toArray());
        if (result.has("start_times")) {
            final double[] starts = pick(good, numbers(result, "start_times"));
            // Ours count from the run's start, vLLM's from the machine's.
            final double origin = DoubleStream.of(starts).min().orElse(0) < 3600 ? 0
                : DoubleStream.of(starts).min().orElse(0);
            final double[] seconds = DoubleStream.of(starts).map(start -> start - origin).toArray();
            run.timeline("ttft", Timeline.of(seconds, milliseconds(pick(good, firsts))));
            run.timeline("e2el", Timeline.of(seconds, milliseconds(pick(good, latencies))));
        }
    }

    private static void add(final Run.Builder run, final String metric, final double[] seconds) {
        if (seconds.length > 0) {
            run.distribution(metric, Percentiles.of(milliseconds(seconds)));
        }
    }

    private static double[] milliseconds(final double[] seconds) {
        return DoubleStream.of(seconds).map(value -> value * MS_PER_S).toArray();
    }

    private static double[] pick(final int[] indices, final double[] values) {
        if (indices[indices.length - 1] >= values.length) {
            throw new DamagedResult("lists requests of different numbers");
        }
        return IntStream.of(indices).mapToDouble(i -> values[i]).toArray();
    }

    private static double[] numbers(final JsonNode result, final String field) {
        return stream(result.path(field)).toArray();
    }

    private static DoubleStream stream(final JsonNode array) {
        return IntStream.range(0, array.size()).mapToDouble(i -> {
            if (!array.get(i).isNumber()) {
                throw new DamagedResult("has '" + array.get(i) + "' where a number belongs");
            }
            return array.get(i).asDouble();
        });
    }

    private static double sum(final JsonNode array) {
        return stream(array).sum();
    }

    /** A field that lists every request, or nothing if it is not there. */
    private static JsonNode sameLength(final JsonNode result, final String field, final int count) {
        final JsonNode array = result.path(field);
        if (!array.isMissingNode() && array.size() != count) {
            throw new DamagedResult("lists " + count + " ttfts but " + array.size() + " " + field);
        }
        return array;
    }
}
