package dev.convoke.bench.report;

import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.results.HistogramFiles;
import dev.convoke.bench.serve.results.Measurement;
import dev.convoke.bench.serve.results.Metric;
import dev.convoke.bench.serve.results.ResultFile;
import dev.convoke.bench.serve.results.RunDescription;
import dev.convoke.bench.serve.results.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/** Files as runs leave them, of made-up requests. */
public final class SampleRuns {
    public static final String STAGES = """
        {"benchmark": "stages", "machine": {"cpu": "A CPU", "processors": 2}, "settings": {"streams": 1}, "results": [{
          "wall_us": 1000, "steps": 10, "accounted": 0.99, "recording_overhead": 0.002,
          "stages_us": {"attention": 300, "wait": 600, "other": 90},
          "wait_us": {"expert": 400, "queue": 50, "network": 150},
          "layers_us": {"0": {"wait": 200, "attention": 100}, "1": {"wait": 400, "attention": 200}},
          "layer_waits_us": {"0": {"expert": 150, "queue": 0, "network": 50},
            "1": {"expert": 250, "queue": 50, "network": 100}},
          "hosts_us": {"host-0": {"expert": 400, "queue": 50, "network": 150}}}]}
        """;
    public static final String TABLE = """
        {"benchmark": "gate", "machine": {"cpu": "A CPU", "memory_bytes": 1073741824}, "settings": {"repeat": 5},
          "results": [{"rows": 1, "ns_per_row": {"median": 233.2, "min": 228.1, "max": 411, "samples": 5}, "gap": 19.1},
            {"rows": 16, "ns_per_row": {"median": 158.3, "min": 126, "max": 179, "samples": 5}, "gap": 12.9}]}
        """;
    public static final String EXPERTS = """
        {"benchmark": "placement-stats", "model": "tiny-moe", "layers": 2, "experts": 4, "top_k": 1, "rows": 100,
          "domains": [{"name": "novel", "layers": [{"layer": 0, "tokens": [10, 20, 30, 40]},
            {"layer": 1, "tokens": [25, 25, 25, 25]}]}, {"name": "(all)", "layers": [
            {"layer": 0, "tokens": [0, 0, 0, 200]}, {"layer": 1, "tokens": [49, 51, 50, 50]}]}]}
        """;
    private static final long MS = 1_000_000;

    private SampleRuns() {
    }

    /** What {@code bench deployments --json} writes. */
    public static final String DEPLOYMENTS = """
        {"benchmark": "deployments", "machine": {"cpu": "A CPU"}, "settings": {"rounds": 2}, "results": [
          {"workload": "1 stream, tokens/s", "streams": 1, "rates": {
            "in-process": {"per_second": {"median": 218, "min": 112, "max": 325, "samples": 2},
              "ratio": {"median": 1, "min": 1, "max": 1, "samples": 2}},
            "2 hosts over IPC": {"per_second": {"median": 105.7, "min": 103, "max": 108.5, "samples": 2},
              "ratio": {"median": 0.62, "min": 0.33, "max": 0.92, "samples": 2}}},
          "stages_us": {
            "in-process": {"attention": {"median": 135}, "wait": {"median": 481}, "- for expert": {"median": 229},
              "- for network": {"median": 252}, "outside layers, a step": {"median": 909}},
            "2 hosts over IPC": {"attention": {"median": 84}, "wait": {"median": 943}, "- for expert": {"median": 143},
              "- for network": {"median": 800}, "outside layers, a step": {"median": 730}}}}]}
        """;

    /** Writes the results of a run at a rate; every tenth request failed. */
    public static void serve(final Path directory, final String name, final double perSecond, final int requests,
        final boolean detailed) throws IOException {
        final Selection selection = new Selection(List.of(Metric.TTFT, Metric.TPOT, Metric.ITL, Metric.E2EL),
            List.of(50.0, 90.0, 99.0, 99.9), Optional.empty());
        ResultFile.write(ResultFile.of(measured(perSecond, requests), selection, description(perSecond),
            LocalDateTime.of(2026, 1, 2, 3, 4, 5), detailed), directory.resolve(name + ".json"));
    }

    /** Writes a histogram log and percentile distributions of such a run. */
    public static void histograms(final Path directory, final String name) throws IOException {
        final Measurement measured = measured(10, 100);
        HistogramFiles.writeLog(measured, List.of(Metric.TTFT), directory.resolve(name + ".hlog"));
        HistogramFiles.writeDistributions(measured, List.of(Metric.ITL), directory.resolve(name));
    }

    /** Writes all kinds of files: a sweep of rates with histograms, stages, a table. */
    public static void all(final Path directory) throws IOException {
        for (final int rate : new int[] {5, 10, 20, 40}) {
            serve(directory.resolve("sweep"), "rate-" + rate, rate, 40 + 10 * rate, true);
        }
        serve(directory.resolve("sweep"), "coarse", 80, 200, false);
        histograms(directory.resolve("sweep"), "rate-10");
        Files.writeString(Files.createDirectories(directory.resolve("parts")).resolve("stages.json"), STAGES);
        Files.writeString(directory.resolve("parts/deployments.json"), DEPLOYMENTS);
        Files.writeString(directory.resolve("parts/gate.json"), TABLE);
        Files.writeString(directory.resolve("parts/traces.json"), EXPERTS);
    }

    private static RunDescription description(final double perSecond) {
        return new RunDescription("openai", "http://127.0.0.1:8080", "/v1/completions", "tiny-moe", "server", "random",
            "gamma", perSecond, 1, OptionalInt.empty(), 0, "", Map.of("who", "a test"));
    }

    private static Measurement measured(final double perSecond, final int requests) {
        final SplittableRandom random = new SplittableRandom(Math.round(perSecond));
        final List<RequestOutcome> outcomes = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            final long due = Math.round(i * 1000 / perSecond) * MS;
            final long first = due + (5 + random.nextInt(20)) * MS;
            final long[] tokens = {first, first + 2 * MS, first + (3 + random.nextInt(5)) * MS};
            outcomes.add(i % 10 == 9 ? RequestOutcome.failed(due, due, new long[0], due, "503: busy")
                : new RequestOutcome(due, due, tokens, tokens[2], 8, 3, "text", ""));
        }
        return new Measurement(outcomes, 0, Math.round(requests * 1000 / perSecond) * MS, List.of());
    }
}
