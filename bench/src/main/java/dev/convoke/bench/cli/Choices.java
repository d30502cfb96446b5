package dev.convoke.bench.cli;

import dev.convoke.core.ConfigurationException;
import java.util.List;

/** Options whose value is one of some words, or within bounds. */
final class Choices {
    private Choices() {
    }

    static String require(final String option, final String value, final String... choices) {
        if (!List.of(choices).contains(value)) {
            throw new ConfigurationException(option + " cannot be '" + value + "'; choose from "
                + String.join(", ", choices) + ".");
        }
        return value;
    }

    static double requirePositive(final String option, final double value) {
        if (!(value > 0)) {
            throw new ConfigurationException(option + " is " + value + "; it must be more than 0.");
        }
        return value;
    }
}
