package dev.convoke.bench.scenarios;

import java.util.Optional;

/**
 * A figure that is kept.
 *
 * @param name   what it is, for people; with history it is known by that
 * @param step   of the scenario, counted from 1
 * @param at     where it is in the step's JSON object
 * @param factor from what is there to the unit
 * @param unit   for people; may be empty
 * @param goal   that it is held to
 */
public record Figure(String name, int step, ResultPath at, double factor, String unit, Optional<Goal> goal) {

    /**
     * A bound.
     *
     * @param bound   in the figure's unit
     * @param isLeast whether the figure shall be at least that; otherwise at most
     */
    public record Goal(double bound, boolean isLeast) {
        boolean isMet(final double value) {
            return isLeast ? value >= bound : value <= bound;
        }

        @Override
        public String toString() {
            return (isLeast ? "at least " : "at most ") + FigureText.of(bound);
        }
    }
}
