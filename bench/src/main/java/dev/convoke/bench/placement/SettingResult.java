package dev.convoke.bench.placement;

import dev.convoke.bench.placement.PlanComparison.Rank;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The plans of a setting, of one load or of a seed each.
 *
 * @param setting what was placed
 * @param plans   in order of their seeds
 */
public record SettingResult(PlacementSetting setting, List<PlanComparison> plans) {
    /** Ours against EPLB's: better if some plan is and none is worse. */
    enum Verdict {
        BETTER(""), EQUAL_AND_OPTIMAL(" ="), EQUAL(" ~"), WORSE(" !");

        private final String mark;

        Verdict(final String mark) {
            this.mark = mark;
        }
    }

    /** Copies. */
    public SettingResult {
        plans = List.copyOf(plans);
    }

    double mean(final ToDoubleFunction<PlanComparison> figure) {
        return plans.stream().mapToDouble(figure).average().orElseThrow();
    }

    long count(final Rank rank) {
        return plans.stream().filter(plan -> plan.rank() == rank).count();
    }

    Verdict verdict() {
        if (count(Rank.WORSE) > 0) {
            return Verdict.WORSE;
        }
        if (count(Rank.BETTER) > 0) {
            return Verdict.BETTER;
        }
        return count(Rank.EQUAL) > 0 ? Verdict.EQUAL : Verdict.EQUAL_AND_OPTIMAL;
    }

    /** EPLB's slowest host and ours. */
    String balance() {
        return String.format(Locale.ROOT, "%.4f %.4f%s", mean(PlanComparison::eplb), mean(PlanComparison::balanced),
            verdict().mark);
    }

    /** Active experts of the busiest host: EPLB's plan, ours, ours for active experts. */
    String activity() {
        return String.format(Locale.ROOT, "%.2f %.2f %.2f", mean(PlanComparison::eplbActive),
            mean(PlanComparison::balancedActive), mean(PlanComparison::activeActive));
    }

    Map<String, Object> toMap() {
        final Map<String, Object> map = setting.toMap();
        map.put("plans", plans.size());
        map.put("eplb", mean(PlanComparison::eplb));
        map.put("eplb_together", mean(PlanComparison::eplbTogether));
        map.put("balanced", mean(PlanComparison::balanced));
        map.put("bound", mean(PlanComparison::bound));
        final Map<String, Object> ranks = new LinkedHashMap<>();
        for (final Rank rank : Rank.values()) {
            ranks.put(rank.name().toLowerCase(Locale.ROOT), count(rank));
        }
        map.put("ranks", ranks);
        map.put("verdict", verdict().name().toLowerCase(Locale.ROOT));
        map.put("eplb_active_experts", mean(PlanComparison::eplbActive));
        map.put("balanced_active_experts", mean(PlanComparison::balancedActive));
        map.put("active_objective_active_experts", mean(PlanComparison::activeActive));
        map.put("active_objective_tokens", mean(PlanComparison::activeTokens));
        return map;
    }
}
