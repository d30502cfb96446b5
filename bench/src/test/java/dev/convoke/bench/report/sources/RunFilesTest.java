package dev.convoke.bench.report.sources;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.report.Breakdown;
import dev.convoke.bench.report.Grid;
import dev.convoke.bench.report.Measure;
import dev.convoke.bench.report.Percentiles;
import dev.convoke.bench.report.Run;
import dev.convoke.bench.report.SampleRuns;
import dev.convoke.bench.report.Table;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.timing.Timings;
import dev.convoke.server.metrics.HistogramLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunFilesTest {
    @TempDir
    private Path directory;

    private Run only() {
        final RunFiles files = RunFiles.read(List.of(directory));
        assertEquals(List.of(), files.problems());
        assertEquals(1, files.runs().size());
        return files.runs().getFirst();
    }

    private String problem() {
        final RunFiles files = RunFiles.read(List.of(directory));
        assertEquals(1, files.problems().size(), files.problems().toString());
        return files.problems().getFirst();
    }

    private static double measure(final Run run, final String key) {
        return run.measures().entrySet().stream().filter(entry -> entry.getKey().key().equals(key))
            .map(Map.Entry::getValue).findFirst().orElseThrow();
    }

    @Test
    void shouldReadWhatServeWrites() throws IOException {
        SampleRuns.serve(directory, "a", 10, 100, true);
        final Run run = only();
        assertEquals("serve", run.kind());
        assertEquals("a", run.name());
        assertEquals("2026-01-02 03:04:05", run.date());
        assertEquals(10, run.load().orElseThrow());
        assertEquals("tiny-moe", run.settings().get("model id"));
        assertEquals("a test", run.settings().get("who"));
        assertFalse(run.settings().containsKey("request throughput"), run.settings().toString());
        assertEquals(90, measure(run, "completed"));
        assertEquals(10, measure(run, "failed"));
        assertEquals(90, run.distributions().get("ttft").count());
        assertEquals(180, run.distributions().get("itl").count());
        assertEquals(measure(run, "median_ttft_ms"), run.distributions().get("ttft").at(50), 0.02);
        assertEquals(measure(run, "p99_e2el_ms"), run.distributions().get("e2el").at(99), 0.02);
        assertEquals(measure(run, "median_tpot_ms"), run.distributions().get("tpot").at(50), 0.02);
        assertTrue(run.timelines().get("ttft").intervals().size() > 5);
    }

    @Test
    void shouldReadTheLoadOfExperts() throws IOException {
        Files.writeString(directory.resolve("traces.json"), SampleRuns.EXPERTS);
        final Run run = only();
        assertEquals("placement-stats", run.kind());
        assertEquals("tiny-moe", run.settings().get("model"));
        assertEquals("1", run.settings().get("top k"));
        assertFalse(run.settings().containsKey("domains"));
        assertEquals(List.of("novel", "(all)"), run.grids().stream().map(Grid::name).toList());
        assertEquals(List.of(0, 1), run.grids().getFirst().layers());
        assertArrayEquals(new double[] {10, 20, 30, 40}, run.grids().getFirst().values().getFirst());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '>', value = {"[10, 20, 30, 40] > 7 > without its number or its tokens",
        "[10, 20, 30, 40] > [] > without its number or its tokens", "[10, 20 > [-1, 20 > no count of rows for expert 0",
        "[10, 20 > [10, \"x\" > no count of rows for expert 1", "\"layer\": 1 > \"row\": 1 > without its number",
        "\"domains\" > \"others\" > has no domains"})
    void shouldSayWhatIsWrongWithTheLoadOfExperts(final String part, final String instead, final String complaint)
        throws IOException {
        Files.writeString(directory.resolve("traces.json"), SampleRuns.EXPERTS.replace(part, instead));
        assertTrue(problem().contains(complaint), problem());
    }

    @Test
    void shouldTakeThePercentilesWhereRequestsAreNotListed() throws IOException {
        SampleRuns.serve(directory, "a", 10, 100, false);
        final Percentiles percentiles = only().distributions().get("ttft");
        assertTrue(percentiles.sparse());
        assertEquals(List.of(50.0, 90.0, 99.0, 99.9, 100.0),
            percentiles.points().stream().map(Percentiles.Point::percentile).toList());
    }

    @Test
    void shouldReadWhatVllmWrites() throws IOException {
        Files.writeString(directory.resolve("vllm.json"), """
            {"date": "20260102-030405", "endpoint_type": "vllm", "backend": "vllm", "label": null, "model_id": "m",
             "tokenizer_id": "m", "num_prompts": 3, "request_rate": "inf", "burstiness": 1.0, "max_concurrency": null,
             "duration": 2.0, "completed": 2, "failed": 1, "total_input_tokens": 10, "total_output_tokens": 5,
             "request_throughput": 1.0, "request_goodput": null, "output_throughput": 2.5,
             "total_token_throughput": 7.5, "input_lens": [5, 5, 0], "output_lens": [3, 2, 0],
             "ttfts": [0.1, 0.2, 0.0], "itls": [[0.01, 0.03], [0.05], []], "start_times": [86000.5, 86001.0, 86001.1],
             "generated_texts": ["a", "b", ""], "errors": ["", "", "x"], "mean_ttft_ms": 150.0,
             "median_ttft_ms": 150.0, "std_ttft_ms": 50.0, "p99_ttft_ms": 199.0}
            """);
        final Run run = only();
        assertTrue(run.load().isEmpty());
        assertEquals(200, run.distributions().get("ttft").most(), 0.1);
        assertEquals(250, run.distributions().get("e2el").most(), 0.1);
        assertEquals(50, run.distributions().get("tpot").most(), 0.1);
        assertEquals(3, run.distributions().get("itl").count());
        assertTrue(run.timelines().get("ttft").intervals().getLast().seconds() < 1);
    }

    @Test
    void shouldDivideWaitsWhereStagesKnowThem() throws IOException {
        Files.writeString(directory.resolve("s.json"), SampleRuns.STAGES);
        final Run run = only();
        final Breakdown all = run.breakdowns().getFirst();
        assertEquals("µs per step", all.unit());
        assertEquals(List.of("attention", "wait: expert", "wait: queue", "wait: network", "other"), all.parts());
        assertArrayEquals(new double[] {30, 40, 5, 15, 9}, all.amounts().getFirst());
        final Breakdown layers = run.breakdowns().get(1);
        assertEquals(List.of("0", "1"), layers.categories());
        assertEquals(30, layers.total(0), 1e-9);
        assertEquals(List.of("host-0"), run.breakdowns().get(2).categories());
        assertEquals("A CPU", run.machine().get("cpu"));
        assertEquals(99, measure(run, "accounted"), 1e-9);
    }

    @Test
    void shouldReadDeployments() throws IOException {
        Files.writeString(directory.resolve("d.json"), SampleRuns.DEPLOYMENTS);
        final Run run = only();
        assertEquals("deployments", run.kind());
        assertEquals(List.of(Table.words("1 stream, tokens/s"), Table.words("2 hosts over IPC"),
            new Table.Number(105.7, "103–109", Table.Tone.PLAIN), new Table.Number(0.62, "0.330–0.920",
            Table.Tone.PLAIN), Table.number(730)), run.tables().getFirst().rows().get(1));
        final Breakdown layers = run.breakdowns().getFirst();
        assertEquals("1 stream, tokens/s", layers.subject());
        assertEquals(List.of("in-process", "2 hosts over IPC"), layers.categories());
        assertEquals(List.of("attention", "wait: expert", "wait: network"), layers.parts());
        assertArrayEquals(new double[] {84, 143, 800}, layers.amounts().get(1));
        Files.writeString(directory.resolve("d.json"), SampleRuns.DEPLOYMENTS.replace("stages_us", "stages"));
        assertEquals(directory.resolve("d.json")
            + " has a result without rates or stages_us: 1 stream, tokens/s; it is left out.", problem());
    }

    @Test
    void shouldMakeATableOfAnyOtherBenchmark() throws IOException {
        Files.writeString(directory.resolve("gate.json"), SampleRuns.TABLE);
        final Run run = only();
        assertEquals("gate", run.kind());
        assertEquals("1 GiB", run.machine().get("memory"));
        final Table table = run.tables().getFirst();
        assertEquals(List.of("Rows", "Ns per row", "Gap"), table.columns().stream().map(Table.Column::label).toList());
        assertEquals(new Table.Number(233.2, "228–411", Table.Tone.PLAIN), table.rows().getFirst().get(1));
    }

    @Test
    void shouldScaleFiguresThatNameTheirUnit() throws IOException {
        Files.writeString(directory.resolve("machine.json"), """
            {"benchmark": "machine", "results": [{"figure": "read", "unit": "B/s", "median": 1.5e10, "min": 1.2e10,
              "max": 1.6e10, "samples": 5, "how": "from end to end"}]}
            """);
        final Table table = only().tables().getFirst();
        assertEquals(List.of("Figure", "Value", "Unit", "How"),
            table.columns().stream().map(Table.Column::label).toList());
        assertEquals(List.of(Table.words("read"), new Table.Number(15, "12–16", Table.Tone.PLAIN), Table.words("GB/s"),
            Table.words("from end to end")), table.rows().getFirst());
    }

    @Test
    void shouldGiveHistogramsToTheRunOfTheirName() throws IOException {
        SampleRuns.serve(directory, "a", 10, 100, false);
        SampleRuns.serve(directory, "b", 10, 100, false);
        SampleRuns.histograms(directory, "b");
        SampleRuns.histograms(directory, "c");
        final RunFiles files = RunFiles.read(List.of(directory));
        assertEquals(List.of(), files.problems());
        assertEquals(List.of("a", "b", "c"), files.runs().stream().map(Run::name).toList());
        final Run named = files.runs().get(1);
        assertEquals(3, named.files().size());
        assertFalse(named.distributions().get("ttft").sparse());
        assertEquals(90, named.distributions().get("ttft").count());
        assertFalse(named.distributions().get("itl").sparse());
        assertEquals(180, named.distributions().get("itl").count());
        assertTrue(named.timelines().get("ttft").intervals().size() > 5);
    }

    @Test
    void shouldDivideStepsOfAServersLog() throws IOException {
        final Timings timings = new Timings();
        final Path file = directory.resolve("server.hlog");
        final HistogramLog log = new HistogramLog(timings, file, Duration.ofHours(1));
        timings.recorder("moe_step_seconds", Map.of(), "").record(1300);
        timings.recorder("moe_stage_seconds", Map.of("stage", "gate"), "").record(400);
        timings.recorder("moe_stage_seconds", Map.of("stage", "wait"), "").record(300);
        timings.recorder("moe_stage_seconds", Map.of("stage", "attention"), "").record(600);
        timings.recorder("moe_host_seconds", Map.of("host", "127.0.0.1:9000", "part", "queue"), "").record(100);
        timings.recorder("moe_host_seconds", Map.of("host", "127.0.0.1:9000", "part", "expert"), "").record(300);
        timings.total("moe_layer_stage_seconds", Map.of("layer", "0", "stage", "gate"), "").add(150);
        timings.total("moe_layer_stage_seconds", Map.of("layer", "1", "stage", "gate"), "").add(250);
        timings.total("moe_layer_stage_seconds", Map.of("layer", "1", "stage", "wait"), "").add(300);
        timings.total("moe_layer_wait_seconds", Map.of("layer", "1", "part", "queue"), "").add(100);
        timings.total("moe_layer_wait_seconds", Map.of("layer", "1", "part", "expert"), "").add(200);
        log.close();
        final Run run = only();
        assertEquals("histograms", run.kind());
        assertEquals(List.of("attention", "gate", "wait: expert", "wait: queue"),
            run.breakdowns().getFirst().parts());
        assertEquals(1.3, run.breakdowns().getFirst().total(0), 0.02);
        final Breakdown layers = run.breakdowns().get(1);
        assertEquals(List.of("0", "1"), layers.categories());
        assertEquals(List.of("gate", "wait: expert", "wait: queue"), layers.parts());
        assertEquals(0.15, layers.total(0), 1e-3);
        assertEquals(0.55, layers.total(1), 1e-3);
        final Breakdown hosts = run.breakdowns().get(2);
        assertEquals(List.of("127.0.0.1:9000"), hosts.categories());
        assertEquals(List.of("expert", "queue"), hosts.parts());
        assertEquals(0.4, DoubleStream.of(hosts.amounts().getFirst()).sum(), 0.01);
        assertEquals(1, run.distributions().get("stage: gate").count());
    }

    @Test
    void shouldSayInASentenceWhatIsWrongWithAFile() throws IOException {
        final Path file = directory.resolve("a.json");
        Files.writeString(file, "{\"duration\": 3,\n \"comp");
        assertTrue(problem().startsWith(file + " is not valid JSON (line 2: "), problem());
        assertTrue(problem().endsWith("; it is left out."), problem());
        Files.writeString(file, "");
        assertEquals(file + " holds no results of a benchmark; it is left out.", problem());
        Files.writeString(file, "{\"benchmark\": \"x\", \"results\": [3]}");
        assertEquals(file + " has a result that is not an object: 3; it is left out.", problem());
        Files.writeString(file, "{\"stages_us\": 3}");
        assertEquals(file + " has no stages_us; it is left out.", problem());
        Files.delete(file);
        final Path distribution = directory.resolve("a.hgrm");
        Files.writeString(distribution, "nothing\n");
        assertEquals(distribution + " has a line that is no point of a distribution: 'nothing'; it is left out.",
            problem());
        Files.writeString(distribution, "#[Max = 1]\n");
        assertEquals(distribution + " holds no points of a distribution; it is left out.", problem());
        Files.delete(distribution);
        final Path log = directory.resolve("a.hlog");
        Files.write(log, new byte[] {1, 2, -3});
        assertEquals(log + " is no HdrHistogram log; it is left out.", problem());
    }

    @Test
    void shouldSayWhichListsDoNotAgree() throws IOException {
        SampleRuns.serve(directory, "a", 10, 30, true);
        final ObjectMapper json = new ObjectMapper();
        final Path file = directory.resolve("a.json");
        final ObjectNode result = (ObjectNode)json.readTree(file.toFile());
        result.withArray("errors").remove(0);
        json.writeValue(file.toFile(), result);
        assertEquals(file + " lists 30 ttfts but 29 errors; it is left out.", problem());
        result.withArray("errors").add("");
        result.withArray("latencies").set(0, "soon");
        json.writeValue(file.toFile(), result);
        assertEquals(file + " has '\"soon\"' where a number belongs; it is left out.", problem());
    }

    @Test
    void shouldKeepWhatCameBeforeTheDamageOfALog() throws IOException {
        SampleRuns.histograms(directory, "a");
        final Path log = directory.resolve("a.hlog");
        final String whole = Files.readString(log);
        Files.writeString(log, whole.substring(0, whole.length() / 2), StandardCharsets.UTF_8);
        final RunFiles files = RunFiles.read(List.of(log));
        assertEquals(1, files.problems().size());
        assertTrue(files.problems().getFirst().matches(".*a\\.hlog is damaged after \\d+ intervals; what came before "
            + "is shown\\."), files.problems().toString());
        assertTrue(files.runs().getFirst().distributions().get("ttft").count() < 90);
    }

    @Test
    void shouldNameRunsAsShortlyAsCanBeAndSortNumbers() throws IOException {
        SampleRuns.serve(directory.resolve("before"), "rate-5", 5, 20, false);
        SampleRuns.serve(directory.resolve("before"), "rate-10", 10, 20, false);
        SampleRuns.serve(directory.resolve("after"), "rate-5", 5, 20, false);
        assertEquals(List.of("before/rate-5", "rate-10", "after/rate-5"), RunFiles.read(List.of(
            directory.resolve("before"), directory.resolve("after"))).runs().stream().map(Run::name).toList());
    }

    @Test
    void shouldRefuseAPlaceThatIsNotThere() {
        assertTrue(assertThrows(ConvokeException.class, () -> RunFiles.read(List.of(directory.resolve("nowhere"))))
            .getMessage().contains("nowhere does not exist"));
    }

    @Test
    void shouldKnowWhichWayIsBetter() throws IOException {
        SampleRuns.serve(directory, "a", 10, 100, true);
        only().measures().keySet().forEach(measure -> assertEquals(measure.key().endsWith("throughput")
            ? Measure.Better.HIGHER : measure.key().equals("completed") ? Measure.Better.NEITHER
            : Measure.Better.LOWER, measure.better(), measure.key()));
    }
}
