package dev.convoke.bench.placement;

import dev.convoke.bench.Spread;
import dev.convoke.core.NamedServices;
import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.HostLoads;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** How long one large plan takes, on one thread. */
public final class SolveTime {
    private static final double NS_PER_SECOND = 1e9;

    private final PlacementSetting setting;
    private final Spread eplbSeconds;
    private final Spread seconds;
    private final double eplb;
    private final double balanced;

    private SolveTime(final PlacementSetting setting, final Spread eplbSeconds, final Spread seconds,
        final double eplb, final double balanced) {
        this.setting = setting;
        this.eplbSeconds = eplbSeconds;
        this.seconds = seconds;
        this.eplb = eplb;
        this.balanced = balanced;
    }

    /** Plans for {@link LoadKind#ZIPF_10}, of another seed each time. */
    public static SolveTime measure(final int layers, final int experts, final int hosts, final double extraPercent,
        final int repeat) {
        final PlacementSetting setting =
            new PlacementSetting(LoadKind.ZIPF_10.label(), layers, experts, hosts, extraPercent);
        final PlacementAlgorithm theirs = NamedServices.named(PlacementAlgorithm.class, "eplb-global");
        final PlacementAlgorithm ours = NamedServices.named(PlacementAlgorithm.class, "balanced");
        final double[] eplbSeconds = new double[repeat];
        final double[] seconds = new double[repeat];
        double eplb = 0;
        double balanced = 0;
        for (int time = 0; time < repeat; time++) {
            final ExpertLoad load = GeneratedLoad.of(LoadKind.ZIPF_10, layers, experts, time + 1);
            final PlacementRequest request = setting.request(load);
            final long startNs = System.nanoTime();
            final Placement plan = theirs.place(request);
            final long betweenNs = System.nanoTime();
            final Placement better = ours.place(request);
            seconds[time] = (System.nanoTime() - betweenNs) / NS_PER_SECOND;
            eplbSeconds[time] = (betweenNs - startNs) / NS_PER_SECOND;
            eplb += HostLoads.of(plan, load, LoadObjective.TOKENS).maxOverMean() / repeat;
            balanced += HostLoads.of(better, load, LoadObjective.TOKENS).maxOverMean() / repeat;
        }
        return new SolveTime(setting, Spread.of(eplbSeconds), Spread.of(seconds), eplb, balanced);
    }

    /** For machines; the setting and {@code solve_seconds}. */
    public Map<String, Object> toMap() {
        final Map<String, Object> map = new LinkedHashMap<>(setting.toMap());
        map.put("figure", "solve");
        map.put("solve_seconds", seconds.toMap());
        map.put("eplb_solve_seconds", eplbSeconds.toMap());
        map.put("eplb", eplb);
        map.put("balanced", balanced);
        return map;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "| %d %s| %.2f s (%.2f-%.2f) | %.4f | %.2f s (%.2f-%.2f) | %.4f |",
            setting.layers(), setting.shape(), eplbSeconds.median(), eplbSeconds.least(), eplbSeconds.most(), eplb,
            seconds.median(), seconds.least(), seconds.most(), balanced);
    }
}
