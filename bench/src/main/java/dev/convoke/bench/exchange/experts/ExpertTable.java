package dev.convoke.bench.exchange.experts;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What the FFNs and exchanges of layers took. */
public final class ExpertTable {
    private final List<LayerFfn.Result> ffns = new ArrayList<>();
    private final List<LayerExchange.Result> exchanges = new ArrayList<>();

    /** Adds a grouped FFN. */
    public void add(final LayerFfn.Result result) {
        ffns.add(result);
    }

    /** Adds exchanges. */
    public void add(final LayerExchange.Result result) {
        exchanges.add(result);
    }

    /** For machines: one object for each row. */
    public List<Map<String, Object>> results() {
        return Stream.concat(ffns.stream().map(LayerFfn.Result::toMap),
            exchanges.stream().map(LayerExchange.Result::toMap)).toList();
    }

    /** For people. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        if (!ffns.isEmpty()) {
            text.append("| layer | rows/expert | rows | batch us | device us | copies us | compute us | weights GB/s "
                + "| TFLOP/s |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        }
        for (final LayerFfn.Result row : ffns) {
            text.append(String.format(Locale.ROOT, "| %s | %s | %d | %.1f | %.1f | %.1f | %.1f | %.0f | %.2f |%n",
                row.layer().name(), row.rowsPerExpert() == 0 ? "token" : row.rowsPerExpert(), row.rows(),
                row.batchUs(), row.deviceUs(), row.copyUs(), row.computeUs(), row.gigabytesPerSecond(),
                row.teraflops()));
        }
        if (!exchanges.isEmpty()) {
            text.append("\n| layer | exchange | hosts | rows | p50 us | p99 us | host FFN us | device us "
                + "| outside us |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
        }
        for (final LayerExchange.Result row : exchanges) {
            text.append(String.format(Locale.ROOT, "| %s | %s | %d | %d | %.1f | %.1f | %.1f | %.1f | %.1f |%n",
                row.layer().name(), row.exchange(), row.hosts(), row.rows(), row.p50Us(), row.p99Us(),
                row.computeUs(), row.deviceUs(), row.outsideUs()));
        }
        return text.toString();
    }
}
