package dev.convoke.bench.serve;

import dev.convoke.core.ConfigurationException;
import java.util.List;
import java.util.Locale;

/**
 * What a request must keep to be a good one; a limit that is not set is infinite.
 *
 * @param timeToFirstTokenMs    most milliseconds to the first token
 * @param timePerOutputTokenMs  most milliseconds for each token after it, on average
 * @param endToEndMs            most milliseconds to the end
 */
public record Slo(double timeToFirstTokenMs, double timePerOutputTokenMs, double endToEndMs) {
    private static final double NS_PER_MS = 1e6;

    /** From {@code ttft:MS}, {@code tpot:MS} and {@code e2el:MS}, in any order. */
    public static Slo parse(final List<String> limits) {
        double ttft = Double.POSITIVE_INFINITY;
        double tpot = Double.POSITIVE_INFINITY;
        double e2el = Double.POSITIVE_INFINITY;
        for (final String limit : limits) {
            final String[] parts = limit.split(":", 2);
            final double value = parts.length == 2 ? milliseconds(parts[1], limit) : 0;
            switch (parts[0].toLowerCase(Locale.ROOT)) {
                case "ttft" -> ttft = value;
                case "tpot" -> tpot = value;
                case "e2el" -> e2el = value;
                default -> throw refusal(limit);
            }
            if (!(value > 0)) {
                throw refusal(limit);
            }
        }
        return new Slo(ttft, tpot, e2el);
    }

    private static double milliseconds(final String text, final String limit) {
        try {
            return Double.parseDouble(text);
        } catch (final NumberFormatException e) {
            throw refusal(limit);
        }
    }

    private static ConfigurationException refusal(final String limit) {
        return new ConfigurationException("--goodput cannot use '" + limit
            + "'; give ttft, tpot or e2el, a colon and milliseconds, as in ttft:500 tpot:50.");
    }

    /** Whether a request came to its end within the limits. */
    public boolean isKeptBy(final RequestOutcome outcome) {
        return outcome.succeeded() && outcome.timeToFirstTokenNs() <= timeToFirstTokenMs * NS_PER_MS
            && outcome.timePerOutputTokenNs() <= timePerOutputTokenMs * NS_PER_MS
            && outcome.endToEndNs() <= endToEndMs * NS_PER_MS;
    }

    /** How many of them are good. */
    public long countGood(final List<RequestOutcome> outcomes) {
        return outcomes.stream().filter(this::isKeptBy).count();
    }
}
