package dev.convoke.bench.report.sources;

import dev.convoke.bench.report.Percentiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** HdrHistogram's percentile distributions ({@code .hgrm}) as {@code bench serve} writes them, in milliseconds. */
final class DistributionFile {
    private static final Pattern POINT =
        Pattern.compile("\\s*([0-9.]+)\\s+([01]\\.[0-9]+)\\s+(\\d+)(\\s+([0-9.]+|inf|Infinity))?\\s*");
    private static final Pattern TOTAL = Pattern.compile("#\\[Max .*Total count\\s*=\\s*(\\d+)\\]");

    private DistributionFile() {
    }

    static Percentiles read(final Path file) throws IOException {
        final List<Percentiles.Point> points = new ArrayList<>();
        long count = 0;
        for (final String line : Files.readAllLines(file)) {
            final Matcher point = POINT.matcher(line);
            final Matcher total = TOTAL.matcher(line);
            if (point.matches()) {
                points.add(new Percentiles.Point(100 * Double.parseDouble(point.group(2)),
                    Double.parseDouble(point.group(1))));
                count = Math.max(count, Long.parseLong(point.group(3)));
            } else if (total.matches()) {
                count = Long.parseLong(total.group(1));
            } else if (!line.isBlank() && !line.startsWith("#") && !line.strip().startsWith("Value")) {
                throw new DamagedResult("has a line that is no point of a distribution: '"
                    + line.strip().substring(0, Math.min(60, line.strip().length())) + "'");
            }
        }
        if (points.isEmpty()) {
            throw new DamagedResult("holds no points of a distribution");
        }
        return new Percentiles(count, points, false);
    }
}
