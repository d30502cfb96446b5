package dev.convoke.bench.cli;

import dev.convoke.bench.BenchmarkReport;
import dev.convoke.bench.exchange.Contest;
import dev.convoke.bench.exchange.ExchangeShape;
import dev.convoke.bench.exchange.ExchangeTable;
import dev.convoke.bench.exchange.LegBytes;
import dev.convoke.bench.exchange.Resources;
import dev.convoke.bench.exchange.RoundTrips;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.bench.exchange.raw.AeronPings;
import dev.convoke.bench.exchange.raw.AeronPongs;
import dev.convoke.bench.exchange.raw.RingTrips;
import dev.convoke.bench.exchange.routed.RoutedHosts;
import dev.convoke.bench.exchange.routed.RoutedTrips;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.agrona.SystemUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The exchange without computing. */
@Command(name = "exchange", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures exchanges with expert hosts that compute nothing, taking turns with a plain Aeron "
        + "ping-pong of the same bytes through the same media drivers.")
final class ExchangeCommand implements Callable<Integer> {
    private static final double NS = 1e9;

    @Option(names = "--exchange", split = ",", paramLabel = "NAME", defaultValue = "in-process,aeron-ipc,aeron-udp",
        description = "How frames travel. Default: ${DEFAULT-VALUE}")
    private List<String> exchanges;

    @Option(names = "--bytes", split = ",", paramLabel = "SIZE", description = "Bytes of the hidden rows of an "
        + "exchange, as 8k or 256k. Default: 8k,64k,256k")
    private List<String> bytes;

    @Option(names = "--rows", split = ",", paramLabel = "N", description = "Rows of an exchange, instead of --bytes.")
    private List<Integer> rows;

    @Option(names = "--hidden", split = ",", paramLabel = "N", defaultValue = "4096",
        description = "Elements of a row. Default: ${DEFAULT-VALUE}")
    private List<Integer> hidden;

    @Option(names = "--top-k", paramLabel = "N", defaultValue = "1",
        description = "Experts of a row, and so rows that come back for one. Default: ${DEFAULT-VALUE}")
    private int topK;

    @Option(names = "--hosts", split = ",", paramLabel = "N", defaultValue = "1",
        description = "Expert hosts. Default: ${DEFAULT-VALUE}")
    private List<Integer> hosts;

    @Option(names = "--dtype", paramLabel = "TYPE", defaultValue = "bf16",
        description = "Type of the rows: f32 or bf16. Default: ${DEFAULT-VALUE}")
    private String dtype;

    @Option(names = "--aeron", split = ",", paramLabel = "NAME=VALUE",
        description = "Settings of Aeron, for both sides, as term-bytes=2097152.")
    private Map<String, String> aeron = new LinkedHashMap<>();

    @Mixin
    private RepetitionOptions repetition = new RepetitionOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        repetition.check();
        final List<ExchangeShape> shapes = shapes();
        final ExchangeTable table = new ExchangeTable();
        for (final String exchange : exchanges) {
            Choices.require("--exchange", exchange, Wire.IN_PROCESS, Wire.AERON_IPC, Wire.AERON_UDP);
            for (final ExchangeShape shape : shapes) {
                measure(table, exchange, shape);
            }
        }
        final Map<String, Object> settings = repetition.settings();
        settings.put("aeron", aeron);
        repetition.print(spec.commandLine().getOut(), table.toString(),
            BenchmarkReport.here("exchange", settings, table.results()));
        return 0;
    }

    private List<ExchangeShape> shapes() {
        if (bytes != null && rows != null) {
            throw new ConfigurationException("--bytes and --rows both say how much is sent; give one of them.");
        }
        RepetitionOptions.atLeastOne("--hidden", hidden);
        RepetitionOptions.atLeastOne("--hosts", hosts);
        RepetitionOptions.atLeastOne("--top-k", topK);
        final DType type = Precision.named(Choices.require("--dtype", dtype, "f32", "bf16")).operand();
        final List<ExchangeShape> shapes = new ArrayList<>();
        for (final int count : hosts) {
            for (final int columns : hidden) {
                for (final int rowCount : rowCounts(columns * type.bytes())) {
                    shapes.add(new ExchangeShape(count, rowCount, columns, topK, type));
                }
            }
        }
        return shapes;
    }

    private List<Integer> rowCounts(final int rowBytes) {
        if (rows != null) {
            return RepetitionOptions.atLeastOne("--rows", rows);
        }
        return (bytes == null ? List.of("8k", "64k", "256k") : bytes).stream().map(size -> {
            try {
                return (int)Math.max(1, SystemUtil.parseSize("--bytes", size) / rowBytes);
            } catch (final NumberFormatException e) {
                throw new ConfigurationException("--bytes is '" + size + "'; give sizes such as 8k or 256k.", e);
            }
        }).toList();
    }

    private void measure(final ExchangeTable table, final String exchange, final ExchangeShape shape) {
        final Wire wire = Wire.of(exchange, aeron, shape.hosts());
        try (Resources resources = new Resources()) {
            final RoutedTrips routed = resources.add(new RoutedTrips(wire, shape));
            if (!wire.isLocal()) {
                resources.add(RoutedHosts.onThreads(wire, shape));
            }
            routed.awaitReady();
            final LegBytes legs = routed.legBytes();
            table.add(exchange, shape, legs, contest(routed, raw(resources, wire, legs)));
        }
    }

    private static RoundTrips raw(final Resources resources, final Wire wire, final LegBytes legs) {
        if (wire.isLocal()) {
            return resources.add(new RingTrips(legs));
        }
        resources.add(new AeronPongs(wire));
        final AeronPings pings = resources.add(new AeronPings(wire, legs));
        pings.awaitReady();
        return pings;
    }

    private Contest.Outcome contest(final RoundTrips routed, final RoundTrips raw) {
        return new Contest(routed, raw, Math.round(repetition.warmUpSeconds() * NS),
            Math.round(repetition.seconds() * NS), repetition.repeat()).run();
    }
}
