package dev.convoke.bench.placement;

import dev.convoke.bench.placement.PlanComparison.Rank;
import dev.convoke.bench.placement.SettingResult.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a {@link PlacementSweep} found, as tables and for machines.
 *
 * @param results    of all settings that are possible
 * @param impossible the others
 */
public record PlacementFigures(List<SettingResult> results, List<PlacementSetting> impossible) {
    private static final double PERCENT = 100;
    /** Of the slowest host over the mean; less is no cost. */
    private static final double NOTABLE = 1e-4;
    /** EPLB's slowest host over ours. */
    private static final double BY_ONE_PERCENT = 1.01;

    /** Copies. */
    public PlacementFigures {
        results = List.copyOf(results);
        impossible = List.copyOf(impossible);
    }

    /** An object for each setting, and counts, each an object with {@code figure} and {@code value}. */
    public List<Map<String, Object>> toMaps() {
        final List<Map<String, Object>> maps = new ArrayList<>();
        final long plans = results.stream().mapToLong(result -> result.plans().size()).sum();
        maps.add(figure("settings", results.size()));
        maps.add(figure("settings_impossible", impossible.size()));
        for (final Verdict verdict : Verdict.values()) {
            maps.add(figure("settings_" + lower(verdict), count(verdict)));
        }
        maps.add(figure("settings_better_percent", PERCENT * count(Verdict.BETTER) / Math.max(1, results.size())));
        maps.add(figure("settings_better_by_one_percent", betterByOnePercent()));
        maps.add(figure("plans", plans));
        for (final Rank rank : Rank.values()) {
            maps.add(figure("plans_" + lower(rank), count(rank)));
        }
        results.forEach(result -> maps.add(result.toMap()));
        return maps;
    }

    private static Map<String, Object> figure(final String name, final double value) {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("figure", name);
        map.put("value", value);
        return map;
    }

    private static String lower(final Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private long count(final Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }

    private long betterByOnePercent() {
        return results.stream().filter(result -> result.mean(PlanComparison::eplb)
            > BY_ONE_PERCENT * result.mean(PlanComparison::balanced)).count();
    }

    private long count(final Rank rank) {
        return results.stream().mapToLong(result -> result.count(rank)).sum();
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%d settings: ours is better in %d (by more than 1 %% in %d), as good "
            + "and proven optimal in %d, as good in %d, worse in %d. Of their %d plans: %d, %d, %d, %d.%n",
            results.size(), count(Verdict.BETTER), betterByOnePercent(), count(Verdict.EQUAL_AND_OPTIMAL),
            count(Verdict.EQUAL), count(Verdict.WORSE),
            results.stream().mapToLong(result -> result.plans().size()).sum(), count(Rank.BETTER),
            count(Rank.EQUAL_AND_OPTIMAL), count(Rank.EQUAL), count(Rank.WORSE)));
        if (!impossible.isEmpty()) {
            text.append("Impossible, since there are fewer slots than hosts: ").append(impossible.stream()
                .map(setting -> setting.slots() + " slots on " + setting.hosts()).distinct()
                .collect(Collectors.joining(", "))).append(" hosts.\n");
        }
        text.append("\nSlowest host over the mean, tokens: EPLB with replicas of an expert on distinct hosts, ours "
            + "(= as good and proven optimal, ~ as good).\n\n");
        table(text, SettingResult::balance);
        text.append("\nActive experts of the busiest host, mean of the layers: EPLB, ours, ours for active experts."
            + "\n\n");
        table(text, SettingResult::activity);
        apart(text);
        return text.toString();
    }

    /** A row for each shape, a column for each load. */
    private void table(final StringBuilder text, final Function<SettingResult, String> cell) {
        final List<String> loads = results.stream().map(result -> result.setting().load()).distinct().toList();
        text.append("| experts | hosts | extra | ").append(String.join(" | ", loads)).append(" |\n")
            .append("|---:|---:|---:|").append("---:|".repeat(loads.size())).append('\n');
        final Map<String, String[]> rows = new LinkedHashMap<>();
        for (final SettingResult result : results) {
            final String[] cells =
                rows.computeIfAbsent(result.setting().shape(), _ -> new String[loads.size()]);
            cells[loads.indexOf(result.setting().load())] = cell.apply(result);
        }
        rows.forEach((shape, cells) -> text.append(shape).append("| ")
            .append(Arrays.stream(cells).map(value -> value == null ? "" : value).collect(Collectors.joining(" | ")))
            .append(" |\n"));
    }

    private void apart(final StringBuilder text) {
        final List<SettingResult> dearer = results.stream().filter(result -> result.setting().hasReplicas()
            && result.mean(PlanComparison::eplb) > result.mean(PlanComparison::eplbTogether) + NOTABLE).toList();
        if (dearer.isEmpty()) {
            return;
        }
        text.append("\nWhere keeping replicas apart costs EPLB something: slowest host over the mean.\n\n"
            + "| experts | hosts | extra | load | EPLB, together | EPLB, apart | ours, apart |\n"
            + "|---:|---:|---:|---|---:|---:|---:|\n");
        dearer.forEach(result -> text.append(result.setting().shape()).append(String.format(Locale.ROOT,
            "| %s | %.4f | %.4f | %.4f |%n", result.setting().load(), result.mean(PlanComparison::eplbTogether),
            result.mean(PlanComparison::eplb), result.mean(PlanComparison::balanced))));
    }
}
