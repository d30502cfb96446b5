package dev.convoke.bench.report.figures;

import java.util.Locale;

/** Names of files and links. */
final class Names {
    private Names() {
    }

    /** Lower case letters, digits and hyphens. */
    static String file(final String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }
}
