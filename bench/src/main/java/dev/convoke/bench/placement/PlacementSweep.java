package dev.convoke.bench.placement;

import dev.convoke.core.ConvokeException;
import dev.convoke.core.NamedServices;
import dev.convoke.loadbalance.ExpertLoad;
import dev.convoke.loadbalance.PlacementAlgorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/** Many settings, some at the same time; each is planned by EPLB and by ours. */
public final class PlacementSweep {
    private static final String THEIRS = "eplb-global";
    private static final String OURS = "balanced";

    private final PlacementAlgorithm theirs = NamedServices.named(PlacementAlgorithm.class, THEIRS);
    private final PlacementAlgorithm ours = NamedServices.named(PlacementAlgorithm.class, OURS);
    private final List<Callable<SettingResult>> tasks = new ArrayList<>();
    private final List<PlacementSetting> impossible = new ArrayList<>();

    /** Adds a generated load with a plan for each of the seeds from 1. */
    public void addGenerated(final LoadKind kind, final int layers, final int experts, final int hosts,
        final double extraPercent, final int seeds) {
        add(new PlacementSetting(kind.label(), layers, experts, hosts, extraPercent),
            seed -> GeneratedLoad.of(kind, layers, experts, seed), seeds);
    }

    /** Adds a load as it is. */
    public void addMeasured(final String name, final ExpertLoad load, final int hosts, final double extraPercent) {
        add(new PlacementSetting(name, load.layers(), load.experts(), hosts, extraPercent), _ -> load, 1);
    }

    private void add(final PlacementSetting setting, final LongFunction<ExpertLoad> loads, final int seeds) {
        if (setting.isPossible()) {
            tasks.add(() -> new SettingResult(setting, LongStream.rangeClosed(1, seeds)
                .mapToObj(seed -> PlanComparison.of(setting, loads.apply(seed), theirs, ours)).toList()));
        } else {
            impossible.add(setting);
        }
    }

    /** Plans all of them. */
    public PlacementFigures run(final int threads) throws InterruptedException {
        final List<SettingResult> results = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (final Future<SettingResult> result : pool.invokeAll(tasks)) {
                results.add(result.get());
            }
        } catch (final ExecutionException e) {
            throw new ConvokeException("A plan failed: " + e.getCause(), e);
        }
        return new PlacementFigures(results, impossible);
    }
}
