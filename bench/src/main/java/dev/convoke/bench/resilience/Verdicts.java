package dev.convoke.bench.resilience;

import dev.convoke.bench.Spread;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** What a trial came to, line by line. */
final class Verdicts {
    private final String trial;
    private final List<Line> lines = new ArrayList<>();

    /** None yet, of a trial. */
    Verdicts(final String trial) {
        this.trial = trial;
    }

    /** Figures of runs, as verdicts take them. */
    static double[] runs(final List<Double> figures) {
        return figures.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The largest of all runs must not be more than a bound. */
    void never(final String figure, final String unit, final double bound, final double... runs) {
        final Spread spread = Spread.of(runs);
        judge(figure, unit, spread, spread.most(), OptionalDouble.of(bound), false);
    }

    /** The least of all runs must not be less than a bound. */
    void always(final String figure, final String unit, final double bound, final double... runs) {
        final Spread spread = Spread.of(runs);
        judge(figure, unit, spread, spread.least(), OptionalDouble.of(bound), true);
    }

    /** The median of all runs must not be more than a bound. */
    void atMost(final String figure, final String unit, final double bound, final double... runs) {
        final Spread spread = Spread.of(runs);
        judge(figure, unit, spread, spread.median(), OptionalDouble.of(bound), false);
    }

    /** The median of all runs must not be less than a bound. */
    void atLeast(final String figure, final String unit, final double bound, final double... runs) {
        final Spread spread = Spread.of(runs);
        judge(figure, unit, spread, spread.median(), OptionalDouble.of(bound), true);
    }

    /** Only told. */
    void tell(final String figure, final String unit, final double... runs) {
        final Spread spread = Spread.of(runs);
        judge(figure, unit, spread, spread.median(), OptionalDouble.empty(), false);
    }

    private void judge(final String figure, final String unit, final Spread spread, final double value,
        final OptionalDouble bound, final boolean isLeast) {
        lines.add(new Line(trial, figure, value, spread, unit, bound, isLeast));
    }

    /** All lines so far. */
    List<Line> lines() {
        return List.copyOf(lines);
    }
}
