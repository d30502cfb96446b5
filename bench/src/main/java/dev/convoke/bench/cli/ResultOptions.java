package dev.convoke.bench.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.bench.serve.Slo;
import dev.convoke.bench.serve.results.HistogramFiles;
import dev.convoke.bench.serve.results.Measurement;
import dev.convoke.bench.serve.results.Metric;
import dev.convoke.bench.serve.results.ResultFile;
import dev.convoke.bench.serve.results.RunDescription;
import dev.convoke.bench.serve.results.Selection;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** Which figures come out, and where. */
final class ResultOptions {
    @Option(names = "--percentile-metrics", paramLabel = "NAME", split = ",", defaultValue = "ttft,tpot,itl,e2el",
        description = "Latencies to report: ttft, tpot, itl, e2el, ttft_from_send, e2el_from_send, queue_time "
            + "(default ${DEFAULT-VALUE}).")
    private List<String> metrics;

    @Option(names = "--metric-percentiles", paramLabel = "N", split = ",", defaultValue = "50,90,99,99.9,99.99",
        description = "Their percentiles (default ${DEFAULT-VALUE}).")
    private List<Double> percentiles;

    @Option(names = "--goodput", paramLabel = "METRIC:MS", arity = "1..*",
        description = "What a good request keeps: ttft:MS, tpot:MS, e2el:MS.")
    private List<String> goodput;

    @Option(names = "--save-result", description = "Write the figures to a JSON file.")
    private boolean save;

    @Option(names = "--save-detailed", description = "List every request in that file.")
    private boolean detailed;

    @Option(names = "--result-dir", paramLabel = "DIR", defaultValue = ".",
        description = "Where it lies (default: here).")
    private Path directory;

    @Option(names = "--result-filename", paramLabel = "NAME", description = "Its name (default: made of label, rate, "
        + "model and time).")
    private String fileName;

    @Option(names = "--label", defaultValue = "", description = "Begins that name; the backend unless given.")
    private String label;

    @Option(names = "--metadata", paramLabel = "KEY=VALUE", arity = "1..*", description = "Noted in the file.")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(names = "--hlog", paramLabel = "FILE", description = "Write an HdrHistogram log, second by second.")
    private Path log;

    @Option(names = "--histogram-dir", paramLabel = "DIR", description = "Write percentile distributions, ttft.hgrm "
        + "and so on.")
    private Path histograms;

    @Option(names = "--disable-progress", description = "No progress line.")
    private boolean silent;

    boolean silent() {
        return silent;
    }

    String label() {
        return label;
    }

    Map<String, String> metadata() {
        return metadata;
    }

    Optional<Slo> slo() {
        return Optional.ofNullable(goodput).map(Slo::parse);
    }

    Selection selection() {
        for (final double percentile : percentiles) {
            if (!(percentile >= 0 && percentile <= 100)) {
                throw new ConfigurationException("--metric-percentiles has " + percentile
                    + "; percentiles are 0 to 100.");
            }
        }
        return new Selection(Metric.parse(metrics), percentiles, slo());
    }

    /** Writes what is wanted; {@code more} adds to the JSON. */
    void write(final Measurement measured, final RunDescription description,
        final Consumer<ObjectNode> more) {
        final Selection selection = selection();
        final LocalDateTime now = LocalDateTime.now();
        try {
            if (save || detailed || fileName != null) {
                final ObjectNode result = ResultFile.of(measured, selection, description, now, detailed);
                more.accept(result);
                ResultFile.write(result, directory.resolve(fileName != null ? fileName
                    : ResultFile.defaultName(description, now)));
            }
            if (histograms != null) {
                HistogramFiles.writeDistributions(measured, selection.metrics(), histograms);
            }
            if (log != null) {
                HistogramFiles.writeLog(measured, selection.metrics(), log);
            }
        } catch (final IOException e) {
            throw new ConvokeException("The results cannot be written: " + e.getClass().getSimpleName() + " "
                + e.getMessage() + ".", e);
        }
    }
}
