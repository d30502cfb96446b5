package dev.convoke.bench.scenarios;

import dev.convoke.bench.Spread;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a scenario gave.
 *
 * @param scenario that was done
 * @param figures  in the order of its file
 * @param shown    what its benchmarks printed for people
 * @param seconds  that it took
 */
public record Outcome(Scenario scenario, Map<Figure, Spread> figures, List<Shown> shown, long seconds) {
    /** What it came to. */
    public enum Verdict {
        /** No figure has a goal. */
        NONE,
        /** All goals are met. */
        MET,
        /** Some are not. */
        MISSED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What a benchmark printed.
     *
     * @param command after {@code convoke bench}
     * @param text    Markdown
     */
    public record Shown(String command, String text) {
    }

    /** Whether medians meet their goals. */
    public Verdict verdict() {
        if (figures.keySet().stream().allMatch(figure -> figure.goal().isEmpty())) {
            return Verdict.NONE;
        }
        return figures.entrySet().stream().allMatch(entry -> isMet(entry.getKey(), entry.getValue())) ? Verdict.MET
            : Verdict.MISSED;
    }

    private static boolean isMet(final Figure figure, final Spread value) {
        return figure.goal().map(goal -> goal.isMet(value.median())).orElse(true);
    }

    /** A table of all figures. */
    public String table() {
        final StringBuilder text = new StringBuilder("| figure | median | range | goal |\n|---|---:|---:|---|\n");
        figures.forEach((figure, value) -> {
            final String unit = figure.unit().isEmpty() ? "" : " " + figure.unit();
            text.append("| ").append(figure.name()).append(" | ").append(FigureText.of(value.median())).append(unit)
                .append(" | ").append(value.samples() == 1 ? "" : FigureText.of(value.least()) + "-"
                    + FigureText.of(value.most())).append(" | ").append(figure.goal()
                    .map(goal -> goal + (goal.isMet(value.median()) ? ": met" : ": missed")).orElse("")).append(" |\n");
        });
        return text.toString();
    }
}
