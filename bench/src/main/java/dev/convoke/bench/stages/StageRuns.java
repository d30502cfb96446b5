package dev.convoke.bench.stages;

import dev.convoke.bench.Spread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Repeated runs: the one in the middle by duration is shown as it was, so that its parts add up; claims are held to
 * medians.
 */
public final class StageRuns {
    private static final double PERCENT = 100;
    private static final double MOST_UNACCOUNTED_PERCENT = 5;
    private static final double MOST_OVERHEAD_PERCENT = 1;

    private final List<StageReport> runs;

    /** Of one run or more. */
    public StageRuns(final List<StageReport> runs) {
        this.runs = runs.stream().sorted(Comparator.comparingLong(StageReport::wallNs)).toList();
    }

    private StageReport middle() {
        return runs.get(runs.size() / 2);
    }

    private Spread spread(final ToDoubleFunction<StageReport> figure) {
        return Spread.of(runs.stream().mapToDouble(figure).toArray());
    }

    private List<Claim> claims() {
        return List.of(
            new Claim("the stages add up to %s of the time seen from outside",
                spread(run -> PERCENT * run.accounted()), PERCENT - MOST_UNACCOUNTED_PERCENT,
                PERCENT + MOST_UNACCOUNTED_PERCENT),
            new Claim("timing took %s of it, by the number of its calls and what one takes",
                spread(run -> PERCENT * run.overhead()), 0, MOST_OVERHEAD_PERCENT));
    }

    /** Whether the time is accounted for, and accounting cheap enough. */
    public boolean hold() {
        return claims().stream().allMatch(Claim::holds);
    }

    /** The run in the middle, and of all runs what varies; for machines. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>(middle().toMap());
        map.put("claims", claims().stream().map(Claim::toMap).toList());
        final List<Map<String, Object>> all = new ArrayList<>();
        for (final StageReport run : runs) {
            all.add(Map.of("wall_us", run.wallNs() / 1e3, "tokens_per_second", run.tokensPerSecond(), "accounted",
                run.accounted(), "recording_overhead", run.overhead()));
        }
        map.put("runs", all);
        return map;
    }

    /** For people. */
    @Override
    public String toString() {
        final Spread rate = spread(StageReport::tokensPerSecond);
        final StringBuilder text = new StringBuilder(middle().toString());
        text.append(String.format(Locale.ROOT, "%n%d tokens/s [%d-%d], %d steps in %.1f ms; the tables are of the run "
            + "in the middle of %d.%n", Math.round(rate.median()), Math.round(rate.least()), Math.round(rate.most()),
            middle().steps(), middle().wallNs() / 1e6, runs.size()));
        claims().forEach(text::append);
        return text.toString();
    }
}
