package dev.convoke.bench.serve.results;

import dev.convoke.bench.serve.Slo;
import java.util.List;
import java.util.Optional;

/**
 * Which figures are reported.
 *
 * @param metrics     the latencies
 * @param percentiles of them, 0 to 100
 * @param slo         what a good request keeps, if goodput is wanted
 */
public record Selection(List<Metric> metrics, List<Double> percentiles, Optional<Slo> slo) {
    /** {@code 99} or {@code 99.9}. */
    static String name(final double percentile) {
        return percentile == Math.rint(percentile) ? Integer.toString((int)percentile) : Double.toString(percentile);
    }
}
