package dev.convoke.server.cli;

import dev.convoke.loadbalance.trace.ActiveExperts;
import dev.convoke.loadbalance.trace.DomainStatistics;
import dev.convoke.loadbalance.trace.TraceHeader;
import dev.convoke.loadbalance.trace.TraceStatistics;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints statistics of routing traces for people, in lines of at most 80 characters. */
final class TraceTable {
    private static final int MOST_NAME = 16;
    /** More steps' sizes go below each other. */
    private static final int SIZES_IN_A_LINE = 7;
    /** Wider maps have a line of their own. */
    private static final int MOST_CELLS_BESIDE_FIGURES = 14;

    private final PrintWriter out;
    private final HeatMap heatMap;

    TraceTable(final PrintWriter out, final HeatMap heatMap) {
        this.out = out;
        this.heatMap = heatMap;
    }

    /** The domains, and behind several of them all rows together. */
    static List<DomainStatistics> shown(final TraceStatistics statistics) {
        final List<DomainStatistics> shown = new ArrayList<>(statistics.domains());
        if (shown.size() > 1) {
            shown.add(statistics.all());
        }
        return shown;
    }

    void print(final TraceStatistics statistics, final int traces) {
        final TraceHeader header = statistics.header();
        print("%s (%s, %s): %d layers of %d experts, top-%d%n", header.model(), header.fingerprint(),
            header.operandType().name().toLowerCase(Locale.ROOT), header.layers(), header.experts(), header.topK());
        print("%d %s, %,d steps, %,d rows%n", traces, traces == 1 ? "trace" : "traces", statistics.steps(),
            statistics.all().rows());
        if (statistics.droppedSteps() > 0) {
            print("%,d steps are missing, since they came faster than they could be written%n",
                statistics.droppedSteps());
        }
        if (statistics.all().rows() == 0) {
            return;
        }
        printDomains(statistics);
        printActive(statistics);
        shown(statistics).forEach(domain -> printLayers(domain, header));
        final int together = HeatMap.expertsInACell(header.experts());
        print("%n%s%n", heatMap.legend());
        if (together > 1) {
            print("a cell is the busiest of %d experts%n", together);
        }
    }

    private void printDomains(final TraceStatistics statistics) {
        final String row = "%-" + MOST_NAME + "s %10s %6s %10s %10s  %8s  %s%n";
        print("%n" + row, "domain", "rows", "share", "prefill", "decode", "max/mean", "worst layer");
        for (final DomainStatistics domain : shown(statistics)) {
            double sum = 0;
            int layers = 0;
            int worst = -1;
            for (int layer = 0; layer < statistics.header().layers(); layer++) {
                if (domain.isRouted(layer)) {
                    sum += domain.maxOverMean(layer);
                    layers++;
                    worst = worst < 0 || domain.maxOverMean(layer) > domain.maxOverMean(worst) ? layer : worst;
                }
            }
            print(row, cut(domain.name()), count(domain.rows()),
                percent(domain.rows(), statistics.all().rows()), count(domain.rows() - domain.decodeRows()),
                count(domain.decodeRows()), decimal(sum / layers), worst + ": " + decimal(domain.maxOverMean(worst)));
        }
    }

    private static String cut(final String name) {
        return name.length() <= MOST_NAME ? name : name.substring(0, MOST_NAME - 3) + "...";
    }

    private void printActive(final TraceStatistics statistics) {
        final List<Integer> sizes = new ArrayList<>();
        for (int size = 0; size < ActiveExperts.CLASSES; size++) {
            if (hasSteps(statistics, size)) {
                sizes.add(size);
            }
        }
        print("%nactive experts of %d in a step, mean of layers, by the domain's rows in it%n",
            statistics.header().experts());
        for (int first = 0; first < sizes.size(); first += SIZES_IN_A_LINE) {
            printActive(statistics, sizes.subList(first, Math.min(first + SIZES_IN_A_LINE, sizes.size())));
        }
    }

    private void printActive(final TraceStatistics statistics, final List<Integer> sizes) {
        final String name = "%-" + MOST_NAME + "s";
        print(name, "domain");
        sizes.forEach(size -> print(" %8s", ActiveExperts.leastRows(size) == ActiveExperts.mostRows(size)
            ? String.valueOf(ActiveExperts.mostRows(size))
            : ActiveExperts.leastRows(size) + "-" + ActiveExperts.mostRows(size)));
        print("%n");
        for (final DomainStatistics domain : shown(statistics)) {
            print(name, cut(domain.name()));
            for (final int size : sizes) {
                final double mean = meanActive(domain, statistics.header(), size);
                print(" %8s", mean > 0 ? String.format(Locale.ROOT, "%.1f", mean) : "");
            }
            print("%n");
        }
    }

    private static boolean hasSteps(final TraceStatistics statistics, final int size) {
        return shown(statistics).stream()
            .anyMatch(domain -> meanActive(domain, statistics.header(), size) > 0);
    }

    private static double meanActive(final DomainStatistics domain, final TraceHeader header, final int size) {
        double sum = 0;
        long steps = 0;
        for (int layer = 0; layer < header.layers(); layer++) {
            final long layerSteps = domain.active().steps(layer, size);
            sum += layerSteps == 0 ? 0 : layerSteps * domain.active().mean(layer, size);
            steps += layerSteps;
        }
        return steps == 0 ? 0 : sum / steps;
    }

    private void printLayers(final DomainStatistics domain, final TraceHeader header) {
        final int cells = Math.ceilDiv(header.experts(), HeatMap.expertsInACell(header.experts()));
        final boolean beside = cells <= MOST_CELLS_BESIDE_FIGURES;
        final String map = beside ? "%-" + Math.max(cells + 2, 7) + "s  " : "%s";
        final String row = "%5s  " + map + "%8s  %-11s  %-15s  %s%n";
        print("%n%s%n" + row, domain.name(), "layer", beside ? "experts" : "", "max/mean", "busiest", "most together",
            "most often next");
        for (int layer = 0; layer < header.layers(); layer++) {
            if (domain.isRouted(layer)) {
                final long[] load = domain.load(layer);
                final String line = "|" + heatMap.line(load) + "|";
                print(row, layer, beside ? line : "", decimal(domain.maxOverMean(layer)),
                    busiest(domain, layer, load), pair(domain.together(layer), domain.rows(layer), "+"),
                    pair(domain.nextLayer(layer), domain.rows(layer), ">"));
                if (!beside) {
                    print("%7s%s%n", "", line);
                }
            }
        }
    }

    private static String busiest(final DomainStatistics domain, final int layer, final long... load) {
        int busiest = 0;
        for (int expert = 1; expert < load.length; expert++) {
            busiest = load[expert] > load[busiest] ? expert : busiest;
        }
        return busiest + " (" + percent(load[busiest], domain.rows(layer)) + ")";
    }

    /** The two experts with the most rows, and the share of rows that chose both; nothing if there are none. */
    private static String pair(final double[][] rows, final long allRows, final String between) {
        int first = 0;
        int second = 0;
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows.length; j++) {
                if (rows[i][j] > rows[first][second]) {
                    first = i;
                    second = j;
                }
            }
        }
        return rows[first][second] == 0 ? "" : first + between + second + " ("
            + percent(rows[first][second], allRows) + ")";
    }

    private static String decimal(final double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String count(final long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String percent(final double part, final double whole) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * part / whole);
    }

    private void print(final String format, final Object... arguments) {
        out.printf(Locale.ROOT, format, arguments);
    }
}
