package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.bench.exchange.experts.ExpertLayer;
import dev.convoke.bench.exchange.experts.ExpertTable;
import dev.convoke.bench.exchange.experts.LayerExchange;
import dev.convoke.bench.exchange.experts.LayerFfn;
import dev.convoke.bench.exchange.experts.RandomLayer;
import dev.convoke.core.DType;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The experts of a layer. */
@Command(name = "experts", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures the grouped FFN of one layer's experts in bf16, with random weights, and exchanges with "
        + "hosts that compute it.")
final class ExpertsCommand implements Callable<Integer> {
    private static final double NS = 1e9;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
        description = "Kernels. Default: ${DEFAULT-VALUE}")
    private String backend;

    @Option(names = "--layer", split = ",", paramLabel = "NAME", defaultValue = "mixtral-8x7b",
        description = "mixtral-8x7b, qwen3-30b-a3b, deepseek-v3 (64 of its 256 experts), or sizes as 4096x14336x8 "
            + "(hidden, width, experts). Default: ${DEFAULT-VALUE}")
    private List<String> layers;

    @Option(names = "--rows", split = ",", paramLabel = "N", defaultValue = "0,1,4,16,64",
        description = "Rows of each expert; 0 is a single token, one row of top-k experts each. Default: "
            + "${DEFAULT-VALUE}")
    private List<Integer> rows;

    @Option(names = "--exchange", paramLabel = "NAME", description = "Measure exchanges, too: aeron-ipc or aeron-udp.")
    private String exchange;

    @Option(names = "--hosts", paramLabel = "N", defaultValue = "2",
        description = "Hosts of an exchange. Default: ${DEFAULT-VALUE}")
    private int hosts;

    @Option(names = "--exchange-rows", split = ",", paramLabel = "N", defaultValue = "16",
        description = "Rows of an exchange, each for its top-k experts. Default: ${DEFAULT-VALUE}")
    private List<Integer> exchangeRows;

    @Option(names = "--aeron", split = ",", paramLabel = "NAME=VALUE",
        description = "A setting of Aeron, for example term-bytes=1m; an unknown name lists all.")
    private Map<String, String> aeron = new LinkedHashMap<>();

    @Option(names = "--threads", paramLabel = "N", description = "Threads of a host. Default: one for each processor")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--device-bytes", paramLabel = "N", description = "The most memory of a GPU that weights take. "
        + "Default: what is free")
    private long deviceBytes = Long.MAX_VALUE;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "0.3",
        description = "Length of a measurement. Default: ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--warm-up-seconds", paramLabel = "S", defaultValue = "1.5",
        description = "How long exchanges are made before they are measured. Default: ${DEFAULT-VALUE}")
    private double warmUpSeconds;

    @Mixin
    private ReportOptions reporting = new ReportOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Choices.requirePositive("--seconds", seconds);
        Choices.requirePositive("--warm-up-seconds", warmUpSeconds);
        RepetitionOptions.atLeastOne("--threads", threads);
        RepetitionOptions.atLeastOne("--hosts", hosts);
        RepetitionOptions.atLeastOne("--exchange-rows", exchangeRows);
        if (exchange != null) {
            Choices.require("--exchange", exchange, Wire.AERON_IPC, Wire.AERON_UDP);
        }
        final BackendSelection selection = BackendSelection.of(backend, DType.BF16);
        final ExpertTable table = new ExpertTable();
        for (final ExpertLayer layer : layers.stream().map(ExpertLayer::named).toList()) {
            measure(layer, table);
        }
        reporting.print(spec.commandLine().getOut(), "backend " + selection.reason() + "\n" + table,
            BenchmarkReport.here("experts", settings(selection), table.results()));
        return 0;
    }

    private void measure(final ExpertLayer layer, final ExpertTable table) {
        final long budgetNs = Math.round(seconds * NS);
        try (RandomLayer checkpoint = new RandomLayer(layer); WorkerPool pool = new WorkerPool("experts", threads)) {
            final Kernels kernels = new Kernels(BackendSelection.of(backend, DType.BF16).backend(), pool);
            try (LayerFfn ffn = new LayerFfn(layer, checkpoint, kernels, deviceBytes)) {
                rows.forEach(each -> table.add(ffn.measure(each, budgetNs)));
            }
            for (final int count : exchange == null ? List.<Integer>of() : exchangeRows) {
                try (LayerExchange exchanges = new LayerExchange(Wire.of(exchange, aeron, hosts), layer, checkpoint,
                    backend, threads, count)) {
                    table.add(exchanges.measure(Math.round(warmUpSeconds * NS), budgetNs));
                }
            }
        }
    }

    private Map<String, Object> settings(final BackendSelection selection) {
        final Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("backend", selection.backend().name());
        settings.put("backend_reason", selection.reason());
        settings.put("numerics", selection.backend().numerics().toString());
        settings.put("aeron", aeron);
        settings.put("threads", threads);
        settings.put("seconds", seconds);
        settings.put("warm_up_seconds", warmUpSeconds);
        return settings;
    }
}
