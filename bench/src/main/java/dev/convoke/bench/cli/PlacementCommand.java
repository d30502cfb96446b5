package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.placement.LoadKind;
import dev.convoke.bench.placement.PlacementFigures;
import dev.convoke.bench.placement.PlacementSweep;
import dev.convoke.bench.placement.SolveTime;
import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.trace.DomainStatistics;
import dev.convoke.loadbalance.trace.TraceStatistics;
import dev.convoke.server.TraceFile;
import dev.convoke.server.cli.ModelOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How evenly plans load hosts. */
@Command(name = "placement", mixinStandardHelpOptions = true, sortOptions = false, description = "Plans placements for "
    + "generated loads, or for those of routing traces, and compares the slowest host with EPLB's plan and with what "
    + "no plan can be below; or measures how long a large plan takes.")
final class PlacementCommand implements Callable<Integer> {
    @Option(names = "--loads", split = ",", paramLabel = "NAME",
        defaultValue = "zipf-0.6,zipf-1.0,zipf-1.4,domain-shift,burst",
        description = "Generated loads. Default: ${DEFAULT-VALUE}")
    private List<String> loads;

    @Option(names = "--traces", split = ",", paramLabel = "FILE",
        description = "Routing traces of one model, instead of generated loads: each of their domains, and all.")
    private List<String> traces = List.of();

    @Option(names = "--layers", paramLabel = "N", defaultValue = "1",
        description = "Decoder layers of a generated load. Default: ${DEFAULT-VALUE}")
    private int layers;

    @Option(names = "--experts", split = ",", paramLabel = "N", defaultValue = "8,64,256",
        description = "Experts of a layer. Default: ${DEFAULT-VALUE}")
    private List<Integer> experts;

    @Option(names = "--hosts", split = ",", paramLabel = "N", defaultValue = "4,16,64",
        description = "Expert hosts. Default: ${DEFAULT-VALUE}")
    private List<Integer> hosts;

    @Option(names = "--extra", split = ",", paramLabel = "PERCENT", defaultValue = "0,12.5,50",
        description = "Replicas beyond one for each expert. Default: ${DEFAULT-VALUE}")
    private List<Double> extra;

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "20",
        description = "Generated loads of each kind, from seed 1. Default: ${DEFAULT-VALUE}")
    private int seeds;

    @Option(names = "--solve-time", description = "Measure instead how long one plan takes, of zipf-1.0 with the "
        + "largest sizes given, once for each seed.")
    private boolean solveTime;

    @Option(names = "--threads", paramLabel = "N", description = "Settings at a time. Default: one for each processor.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        RepetitionOptions.atLeastOne("--layers", layers);
        RepetitionOptions.atLeastOne("--experts", experts);
        RepetitionOptions.atLeastOne("--hosts", hosts);
        RepetitionOptions.atLeastOne("--seeds", seeds);
        RepetitionOptions.atLeastOne("--threads", threads);
        for (final double percent : extra) {
            if (!(percent >= 0 && percent <= 1000)) {
                throw new ConfigurationException("--extra has " + percent + "; give percents of 0 to 1000.");
            }
        }
        final List<LoadKind> kinds = LoadKind.parse(loads);
        if (solveTime) {
            measureSolveTime();
        } else {
            sweep(kinds);
        }
        return 0;
    }

    private void measureSolveTime() {
        final StringBuilder text = new StringBuilder("| layers | experts | hosts | extra | EPLB | slowest host over "
            + "the mean | ours | slowest host over the mean |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        final List<Map<String, Object>> results = new ArrayList<>();
        final int mostExperts = experts.stream().max(Integer::compare).orElseThrow();
        final int mostHosts = hosts.stream().max(Integer::compare).orElseThrow();
        for (final double percent : extra) {
            final SolveTime time = SolveTime.measure(layers, mostExperts, mostHosts, percent, seeds);
            text.append(time).append('\n');
            results.add(time.toMap());
        }
        print(text.toString(), results);
    }

    private void sweep(final List<LoadKind> kinds) throws InterruptedException {
        final PlacementSweep sweep = new PlacementSweep();
        if (traces.isEmpty()) {
            addGenerated(sweep, kinds);
        } else {
            addTraces(sweep);
        }
        final PlacementFigures figures = sweep.run(threads);
        if (figures.results().isEmpty()) {
            throw new ConfigurationException("No host of --hosts " + hosts + " would get an expert of each layer; give "
                + "fewer hosts or more experts.");
        }
        print(figures.toString(), figures.toMaps());
    }

    private void addGenerated(final PlacementSweep sweep, final List<LoadKind> kinds) {
        for (final int expertCount : experts) {
            for (final int hostCount : hosts) {
                for (final double percent : extra) {
                    kinds.forEach(kind ->
                        sweep.addGenerated(kind, layers, expertCount, hostCount, percent, seeds));
                }
            }
        }
    }

    private void addTraces(final PlacementSweep sweep) {
        final TraceStatistics statistics =
            TraceFile.statistics(traces.stream().map(ModelOptions::located).map(Path::toAbsolutePath).toList());
        final List<DomainStatistics> domains = new ArrayList<>(statistics.domains());
        if (domains.size() > 1) {
            domains.add(statistics.all());
        }
        for (final int hostCount : hosts) {
            for (final double percent : extra) {
                domains.forEach(domain ->
                    sweep.addMeasured(domain.name(), domain.expertLoad(), hostCount, percent));
            }
        }
    }

    private void print(final String text, final List<Map<String, Object>> results) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("layers", layers);
        settings.put("experts", experts);
        settings.put("hosts", hosts);
        settings.put("extra_percent", extra);
        settings.put("loads", traces.isEmpty() ? loads : traces);
        settings.put("seeds", seeds);
        settings.put("threads", threads);
        reporting.print(spec.commandLine().getOut(), text, BenchmarkReport.here("placement", settings, results));
    }
}
