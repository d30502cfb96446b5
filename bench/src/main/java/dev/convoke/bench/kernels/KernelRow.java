package dev.convoke.bench.kernels;

import dev.convoke.bench.Ceilings;
import dev.convoke.bench.Spread;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/**
 * What a kernel took, and the least it could.
 *
 * @param kernel       class and method
 * @param parameters   by name
 * @param us           microseconds of a call
 * @param bytes        that a call moves at least
 * @param operations   that a call does at least
 * @param bytesUs      what moving them takes at the measured rate, from a buffer as large
 * @param operationsUs what they take at the peak of f32
 */
record KernelRow(String kernel, Map<String, String> parameters, Spread us, double bytes, double operations,
    double bytesUs, double operationsUs) {
    private static final double US = 1e6;

    static KernelRow of(final RunResult result, final Ceilings ceilings) {
        final double callsPerSecond = result.getPrimaryResult().getScore();
        final double bytes = result.getSecondaryResults().get(Work.BYTES).getScore() / callsPerSecond;
        final double operations = result.getSecondaryResults().get(Work.OPERATIONS).getScore() / callsPerSecond;
        return new KernelRow(name(result.getParams().getBenchmark()), parameters(result.getParams()),
            Spread.of(result.getAggregatedResult().getIterationResults().stream()
                .mapToDouble(KernelRow::usOfCall).toArray()), bytes, operations,
            US * bytes / ceilings.readBytesPerSecond(1, Math.round(bytes)).median(),
            US * operations / ceilings.f32OperationsPerSecond(1).median());
    }

    private static double usOfCall(final IterationResult iteration) {
        return US / iteration.getPrimaryResult().getScore();
    }

    /** The last two of the names between dots. */
    private static String name(final String benchmark) {
        final int method = benchmark.lastIndexOf('.');
        return benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1);
    }

    private static Map<String, String> parameters(final BenchmarkParams params) {
        final Map<String, String> parameters = new LinkedHashMap<>();
        params.getParamsKeys().forEach(key -> parameters.put(key, params.getParam(key)));
        return parameters;
    }

    double floorUs() {
        return Math.max(bytesUs, operationsUs);
    }

    /** How many times as long as its floor it takes. */
    double gap() {
        return us.median() / floorUs();
    }

    Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("kernel", kernel);
        map.putAll(parameters);
        map.put("us", us.toMap());
        map.put("bytes", bytes);
        map.put("operations", operations);
        map.put("bytes_per_second", US * bytes / us.median());
        map.put("operations_per_second", US * operations / us.median());
        map.put("floor_bytes_us", bytesUs);
        map.put("floor_operations_us", operationsUs);
        map.put("floor_us", floorUs());
        map.put("gap", gap());
        return map;
    }

    /** A row of the table. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "| %s | %s | %.2f us | %.2f-%.2f | %.2f | %.2f | %.2f us (%s) | %.1fx |%n",
            kernel, parameters.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", ")), us.median(), us.least(), us.most(), bytes / us.median() / 1e3,
            operations / us.median() / 1e3, floorUs(), bytesUs > operationsUs ? "bytes" : "operations", gap());
    }
}
