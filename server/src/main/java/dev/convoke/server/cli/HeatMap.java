package dev.convoke.server.cli;

import java.nio.charset.Charset;

/**
 * Rows of cells that are the darker the more load they stand for, as one character each. More experts than fit share
 * cells, and a cell shows the busiest of them.
 */
final class HeatMap {
    private static final int MOST_CELLS = 64;
    private static final String BLOCKS = " \u2591\u2592\u2593\u2588";
    private static final String PLAIN = " .+#@";
    /** Load over the mean at which the next shade begins. */
    private static final double[] SHADES = {0.25, 0.75, 1.25, 2};

    private final String shades;

    private HeatMap(final String shades) {
        this.shades = shades;
    }

    /** With blocks where they can be written, else with punctuation. */
    static HeatMap ofCharset(final Charset charset) {
        return new HeatMap(charset.canEncode() && charset.newEncoder().canEncode(BLOCKS) ? BLOCKS : PLAIN);
    }

    /** One line: the load of each expert over the mean of all. */
    String line(final long... load) {
        long sum = 0;
        for (final long one : load) {
            sum += one;
        }
        final int together = expertsInACell(load.length);
        final StringBuilder cells = new StringBuilder();
        for (int first = 0; first < load.length; first += together) {
            long busiest = 0;
            for (int i = first; i < Math.min(first + together, load.length); i++) {
                busiest = Math.max(busiest, load[i]);
            }
            cells.append(shades.charAt(shade((double)busiest * load.length / sum)));
        }
        return cells.toString();
    }

    private static int shade(final double overMean) {
        int shade = 0;
        while (shade < SHADES.length && overMean >= SHADES[shade]) {
            shade++;
        }
        return shade;
    }

    static int expertsInACell(final int experts) {
        return Math.ceilDiv(experts, MOST_CELLS);
    }

    /** What the shades mean. */
    String legend() {
        final StringBuilder legend = new StringBuilder("load over mean: '" + shades.charAt(0) + "' below " + SHADES[0]);
        for (int shade = 1; shade < SHADES.length; shade++) {
            legend.append(", '").append(shades.charAt(shade)).append("' to ").append(SHADES[shade]);
        }
        legend.append(", '").append(shades.charAt(SHADES.length)).append("' above");
        return legend.toString();
    }
}
