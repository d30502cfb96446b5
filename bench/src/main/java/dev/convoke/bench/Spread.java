package dev.convoke.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A figure that was measured several times.
 *
 * @param median  of the samples
 * @param least   of the samples
 * @param most    of the samples
 * @param samples how many there are
 */
public record Spread(double median, double least, double most, int samples) {
    /** Of one sample or more. */
    public static Spread of(final double... samples) {
        if (samples.length == 0) {
            throw new IllegalArgumentException("no samples");
        }
        final double[] sorted = samples.clone();
        Arrays.sort(sorted);
        final int middle = sorted.length / 2;
        final double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    /** The same figure in another unit. */
    public Spread times(final double factor) {
        return new Spread(median * factor, least * factor, most * factor, samples);
    }

    /** For JSON: {@code median}, {@code min}, {@code max} and {@code samples}. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("median", median);
        map.put("min", least);
        map.put("max", most);
        map.put("samples", samples);
        return map;
    }
}
