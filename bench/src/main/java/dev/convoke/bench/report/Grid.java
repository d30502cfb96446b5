package dev.convoke.bench.report;

import java.util.List;

/**
 * A value for each layer and expert.
 *
 * @param name   what it is the load of: a trace, a domain
 * @param layers the layers' numbers
 * @param values by layer, then expert; layers may have different numbers of experts
 */
public record Grid(String name, List<Integer> layers, List<double[]> values) {
    /** The mean over the experts of a layer. */
    public double mean(final int row) {
        double sum = 0;
        for (final double value : values.get(row)) {
            sum += value;
        }
        return values.get(row).length == 0 ? 0 : sum / values.get(row).length;
    }

    /** The largest number of experts. */
    public int columns() {
        return values.stream().mapToInt(row -> row.length).max().orElse(0);
    }
}
