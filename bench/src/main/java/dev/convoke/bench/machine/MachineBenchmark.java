package dev.convoke.bench.machine;

import dev.convoke.bench.Ceilings;
import dev.convoke.bench.Spread;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Precision;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Every ceiling for each number of threads, and what they mean for decode and prefill. */
public final class MachineBenchmark {
    private static final double GIGA = 1e9;
    private static final int BF16_BYTES = 2;

    /**
     * One ceiling.
     *
     * @param figure  short, for machines
     * @param threads that worked together
     * @param unit    {@code B/s}, or {@code op/s} with a multiplication and an addition being two
     * @param rate    in that unit
     * @param how     what was done, for people
     */
    record Row(String figure, int threads, String unit, Spread rate, String how) {
        Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("figure", figure);
            map.put("threads", threads);
            map.put("unit", unit);
            map.putAll(rate.toMap());
            map.put("how", how);
            return map;
        }
    }

    private final MeasuredCeilings ceilings;
    private final List<Integer> threads;
    private final List<Row> rows = new ArrayList<>();
    private boolean hasHugePages = true;

    /** Of so many threads each. */
    public MachineBenchmark(final MeasuredCeilings ceilings, final List<Integer> threads) {
        this.ceilings = ceilings;
        this.threads = threads;
    }

    /** Measures everything; some seconds for each number of threads. */
    public void run() {
        for (final int count : threads) {
            bandwidth(count);
            arithmetic(count);
        }
        for (final KernelBackend backend : NamedServices.all(KernelBackend.class).values()) {
            for (final Precision precision : Precision.values()) {
                if (backend.unsupportedReason(precision).isEmpty()) {
                    threads.forEach(count -> products(backend.name(), precision, count));
                }
            }
        }
    }

    private void bandwidth(final int count) {
        final String buffer = ceilings.bufferBytes() / (1 << 20) + " MiB read from end to end";
        rows.add(new Row("read_4k", count, "B/s", ceilings.readBytesPerSecond(count, Ceilings.LARGE),
            buffer + ", pages of 4 KiB"));
        ceilings.read(count, MeasuredCeilings.Pages.HUGE).ifPresentOrElse(
            rate -> rows.add(new Row("read_2m", count, "B/s", rate, buffer + ", pages of 2 MiB by madvise")),
            () -> hasHugePages = false);
    }

    private void arithmetic(final int count) {
        rows.add(new Row("f32_fma", count, "op/s", ceilings.f32OperationsPerSecond(count),
            "Vector API, fused multiply-add, operands in registers"));
        rows.add(new Row("bf16_widened", count, "op/s",
            ceilings.arithmetic("bf16", count, PeakLoops::bf16Widened),
            "Vector API, bf16 pairs from cache widened by shift and mask, f32 fused multiply-add"));
        rows.add(new Row("int8_lanes16", count, "op/s",
            ceilings.arithmetic("int8 lanes", count, PeakLoops::int8InShorts),
            "Vector API, products and sums in lanes of 16 bits, operands in registers"));
        rows.add(new Row("int8_pairs", count, "op/s",
            ceilings.arithmetic("int8 pairs", count, PeakLoops::int8InPairs),
            "pairs of 16-bit products summed in 32 bits as the JIT compiler vectorises them, operands from cache"));
    }

    private void products(final String name, final Precision precision, final int count) {
        final String type = precision.label();
        final KernelBackend backend = BackendSelection.of(name, precision).backend();
        try (BackendProduct product = new BackendProduct(backend, precision.operand())) {
            rows.add(new Row("matmul_" + name + "_" + type, count, "op/s",
                ceilings.perSecond("matmul " + name + " " + type, count, product.portions()),
                "backend " + name + ", " + BackendProduct.ROWS + " rows of " + type + " times "
                    + BackendProduct.INPUTS + " x " + BackendProduct.OUTPUTS + " weights from cache"));
        }
    }

    /** For machines: one object for each ceiling. */
    public List<Map<String, Object>> results() {
        return rows.stream().map(Row::toMap).toList();
    }

    /** For people, with what limits a model. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("| ceiling | threads | median | range | how |\n"
            + "|---|---:|---:|---:|---|\n");
        for (final Row row : rows) {
            final String unit = "B/s".equals(row.unit()) ? "GB/s" : "Gop/s";
            final Spread rate = row.rate().times(1 / GIGA);
            text.append(String.format(Locale.ROOT, "| %s | %d | %.1f %s | %.1f-%.1f | %s |%n", row.figure(),
                row.threads(), rate.median(), unit, rate.least(), rate.most(), row.how()));
        }
        if (!hasHugePages) {
            text.append("Pages of 2 MiB: not measured, the kernel gives none for madvise.\n");
        }
        threads.forEach(count -> text.append(limits(count)));
        return text.toString();
    }

    private String limits(final int count) {
        final double bandwidth = ceilings.readBytesPerSecond(count, Ceilings.LARGE).median();
        final double operations = ceilings.f32OperationsPerSecond(count).median();
        return String.format(Locale.ROOT, "%d %s: decode reads every weight that a step uses, so each GB of them takes "
            + "%.1f ms at least; prefill needs two operations a weight and row, %.2f ms for each GFLOP. Products with "
            + "bf16 weights are bound by memory up to %.0f rows, by f32 arithmetic beyond.%n",
            count, count == 1 ? "thread" : "threads", GIGA / bandwidth * 1e3, GIGA / operations * 1e3,
            operations * BF16_BYTES / (2 * bandwidth));
    }
}
