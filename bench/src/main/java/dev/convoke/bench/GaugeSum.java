package dev.convoke.bench;

import dev.convoke.core.Counters;
import dev.convoke.core.Gauge;
import dev.convoke.core.Metric;

/** Reads gauges that several components of a process register under one name. */
public final class GaugeSum {
    private GaugeSum() {
    }

    /** Of all gauges of a name, whatever their labels; 0 where there is none. */
    public static double of(final Counters counters, final String name) {
        double sum = 0;
        for (final Metric metric : counters.all()) {
            if (metric instanceof final Gauge gauge && metric.name().equals(name)) {
                sum += gauge.value();
            }
        }
        return sum;
    }
}
