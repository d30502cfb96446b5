package dev.convoke.bench.placement;

import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostLoads;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.eplb.Eplb;
import dev.convoke.loadbalance.eplb.EplbMaps;
import java.util.Arrays;

/**
 * Plans of one load, by the load of the slowest host over the mean (tokens unless said otherwise).
 *
 * @param eplb                 EPLB's plan, replicas of an expert on distinct hosts
 * @param eplbTogether         EPLB's plan as it is, which may put them on one host
 * @param balanced             ours, on distinct hosts
 * @param bound                what no plan is below
 * @param rank                 ours against EPLB's on distinct hosts
 * @param eplbActive           experts that a decoding step wakes on the busiest host under EPLB's plan
 * @param balancedActive       under ours
 * @param activeActive         under ours, if active experts are what it balances
 * @param activeTokens         tokens under that plan
 */
record PlanComparison(double eplb, double eplbTogether, double balanced, double bound, Rank rank, double eplbActive,
    double balancedActive, double activeActive, double activeTokens) {
    /** How one plan does against another. */
    enum Rank {
        BETTER, EQUAL_AND_OPTIMAL, EQUAL, WORSE
    }

    static PlanComparison of(final PlacementSetting setting, final ExpertLoad load, final PlacementAlgorithm theirs,
        final PlacementAlgorithm ours) {
        final PlacementRequest request = setting.request(load);
        final Placement eplb = theirs.place(request);
        final Placement balanced = ours.place(request);
        final Placement active = ours.place(request.withObjective(LoadObjective.ACTIVE_EXPERTS));
        final LowerBound bound = new LowerBound(request);
        final double eplbTokens = tokens(eplb, load);
        final double balancedTokens = tokens(balanced, load);
        return new PlanComparison(eplbTokens, together(setting, load), balancedTokens, bound.maxOverMean(),
            rank(balancedTokens, eplbTokens, bound), active(eplb, load), active(balanced, load), active(active, load),
            tokens(active, load));
    }

    private static Rank rank(final double ours, final double theirs, final LowerBound bound) {
        if (ours < theirs - LowerBound.TOLERANCE) {
            return Rank.BETTER;
        }
        if (ours > theirs + LowerBound.TOLERANCE) {
            return Rank.WORSE;
        }
        return bound.proves(ours) ? Rank.EQUAL_AND_OPTIMAL : Rank.EQUAL;
    }

    private static double tokens(final Placement placement, final ExpertLoad load) {
        return HostLoads.of(placement, load, LoadObjective.TOKENS).maxOverMean();
    }

    private static double active(final Placement placement, final ExpertLoad load) {
        return HostLoads.of(placement, load, LoadObjective.ACTIVE_EXPERTS).meanLargest();
    }

    /** EPLB's own maps, in which a slot has its share of the expert's load wherever the others are. */
    private static double together(final PlacementSetting setting, final ExpertLoad load) {
        final double[][] tokens = new double[load.layers()][load.experts()];
        for (int layer = 0; layer < tokens.length; layer++) {
            final int index = layer;
            Arrays.setAll(tokens[layer], expert -> load.tokens(index, expert));
        }
        final EplbMaps maps = Eplb.rebalance(tokens, setting.slots(), 1, 1, setting.hosts());
        final int[][] experts = maps.phy2log();
        final int[][] counts = maps.logcnt();
        final int slotsOfHost = maps.slotsPerHost(setting.hosts());
        final double[][] work = new double[tokens.length][setting.hosts()];
        for (int layer = 0; layer < work.length; layer++) {
            for (int slot = 0; slot < experts[layer].length; slot++) {
                final int expert = experts[layer][slot];
                if (expert != EplbMaps.NONE) {
                    work[layer][slot / slotsOfHost] += tokens[layer][expert] / counts[layer][expert];
                }
            }
        }
        return HostLoads.ofWork(work).maxOverMean();
    }
}
