package dev.convoke.server.coordinator;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import dev.convoke.core.Gauge;
import dev.convoke.core.NamedServices;
import dev.convoke.decoder.ExpertCounts;
import dev.convoke.loadbalance.HostCapacity;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.rebalance.LoadAverage;
import dev.convoke.loadbalance.rebalance.RebalanceController;
import dev.convoke.loadbalance.rebalance.RebalanceDecision;
import dev.convoke.loadbalance.rebalance.RebalanceDecision.Verdict;
import dev.convoke.loadbalance.rebalance.RebalanceState;
import dev.convoke.server.Cluster;
import dev.convoke.server.ClusterStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the load of the experts and asks the coordinator for another placement when the one in force no longer fits,
 * as an operator would with {@code placement apply}. Owned by a thread of its own, since a plan of a large model takes
 * seconds. While a host is away or replicas are moved, it waits.
 */
public final class Rebalancer implements Agent {
    private static final Logger LOG = LoggerFactory.getLogger(Rebalancer.class);
    private static final String PLANNER = "balanced";
    private static final int TIMES_PER_HALF_LIFE = 10;
    private static final long SHORTEST_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LONGEST_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final double PERCENT = 100;

    private final Cluster cluster;
    private final ExpertCounts counts;
    private final RebalanceSettings settings;
    private final RebalanceController controller;
    private final NanoClock clock;
    private final long intervalNs;
    private final LoadAverage average;
    private final long[][] tokensBefore;
    private final long[][] activeStepsBefore;
    private final Gauge imbalance;
    private final Gauge planned;
    private final Counter proposals;
    private final Counter notWorthIt;
    private final Counter refusals;
    private final Counter moves;
    private RebalanceState state = RebalanceState.INITIAL;
    private long stepsBefore;
    private long nextNs;

    /** Begins with what is counted from now on. */
    public Rebalancer(final Cluster cluster, final ExpertCounts counts, final RebalanceSettings settings,
        final NanoClock clock, final Counters counters) {
        this.cluster = cluster;
        this.counts = counts;
        this.settings = settings;
        this.clock = clock;
        this.controller =
            new RebalanceController(settings.policy(), NamedServices.named(PlacementAlgorithm.class, PLANNER));
        this.intervalNs = Math.clamp(settings.halfLifeNs() / TIMES_PER_HALF_LIFE, SHORTEST_INTERVAL_NS,
            LONGEST_INTERVAL_NS);
        this.nextNs = clock.nanoTime() + intervalNs;
        this.average = new LoadAverage(counts.layers(), counts.experts(), settings.halfLifeNs(), clock.nanoTime());
        this.tokensBefore = new long[counts.layers()][counts.experts()];
        this.activeStepsBefore = new long[counts.layers()][counts.experts()];
        imbalance = counters.registerGauge("moe_rebalance_imbalance_percent",
            "Load that the placement gives to the slowest host over the mean of all, lately; 0 without load.");
        planned = counters.registerGauge("moe_rebalance_planned_percent",
            "What the last placement that was planned would make of that load.");
        moves = counters.register("moe_rebalance_moves", "Replicas to be loaded by placements that were proposed.");
        proposals = plans(counters, "proposed");
        notWorthIt = plans(counters, "not_worth_it");
        refusals = plans(counters, "refused");
    }

    private static Counter plans(final Counters counters, final String outcome) {
        return counters.labelled("outcome", outcome).register("moe_rebalance_plans",
            "Placements that were planned because the load had become uneven, by what came of them.");
    }

    @Override
    public String roleName() {
        return "rebalancer";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        if (nowNs - nextNs < 0) {
            return 0;
        }
        nextNs = nowNs + intervalNs;
        observe(nowNs);
        final Placement current = cluster.placement();
        final ClusterStatus status = cluster.status();
        if (status.hosts().size() >= current.hosts() && average.choices() > 0) {
            decide(nowNs, current, status);
        }
        return 1;
    }

    private void observe(final long nowNs) {
        final long[][] tokens = new long[counts.layers()][counts.experts()];
        final long[][] activeSteps = new long[counts.layers()][counts.experts()];
        long steps = 0;
        for (int layer = 0; layer < tokens.length; layer++) {
            for (int expert = 0; expert < counts.experts(); expert++) {
                final long tokensNow = counts.tokens(layer, expert);
                final long activeNow = counts.activeSteps(layer, expert);
                tokens[layer][expert] = tokensNow - tokensBefore[layer][expert];
                activeSteps[layer][expert] = activeNow - activeStepsBefore[layer][expert];
                tokensBefore[layer][expert] = tokensNow;
                activeStepsBefore[layer][expert] = activeNow;
            }
            steps = Math.max(steps, counts.steps(layer));
        }
        average.add(nowNs, tokens, activeSteps, steps - stepsBefore);
        stepsBefore = steps;
    }

    private void decide(final long nowNs, final Placement current, final ClusterStatus status) {
        final PlacementRequest request = request(current, status);
        if (!settings.isOn() || status.move().isPresent()
            || status.hosts().stream().anyMatch(ClusterStatus.Host::isAway)) {
            imbalance.set(percent(RebalanceController.imbalance(current, request)));
            return;
        }
        final RebalanceDecision decision =
            controller.decide(state, nowNs, average.choices(), request, current);
        state = decision.next();
        imbalance.set(percent(decision.imbalance()));
        if (decision.proposal().isPresent()) {
            propose(decision);
        } else if (decision.verdict() == Verdict.NOT_WORTH_IT) {
            planned.set(percent(decision.planned()));
            notWorthIt.increment();
        }
    }

    private void propose(final RebalanceDecision decision) {
        planned.set(percent(decision.planned()));
        final String refusal = cluster.move(decision.proposal().orElseThrow());
        if (refusal.isEmpty()) {
            proposals.increment();
            moves.add(decision.moves());
            LOG.info("The load has become uneven: the slowest host has {} % of the mean. {} replicas are moved, which "
                + "should make it {} %.", percent(decision.imbalance()), decision.moves(),
                percent(decision.planned()));
        } else {
            refusals.increment();
            LOG.warn("The load has become uneven, but replicas cannot be moved: {}", refusal);
        }
    }

    private static long percent(final double maxOverMean) {
        return Math.round(PERCENT * maxOverMean);
    }

    /** As many replicas as there are, on the hosts that shall hold any. */
    private PlacementRequest request(final Placement current, final ClusterStatus status) {
        final List<HostCapacity> capacities = new ArrayList<>();
        for (final ClusterStatus.Host host : status.hosts()) {
            capacities.add(HostCapacity.of(host.drained() ? 0 : Math.max(host.room(), host.placed()))
                .withSpeed(host.speed()));
        }
        int fewest = Integer.MAX_VALUE;
        int total = 0;
        for (int layer = 0; layer < current.layers(); layer++) {
            for (int expert = 0; expert < current.experts(); expert++) {
                fewest = Math.min(fewest, current.replicas(layer, expert));
                total += current.replicas(layer, expert);
            }
        }
        final int extra = (total - fewest * current.layers() * current.experts()) / current.layers();
        return new PlacementRequest(current.epoch() + 1, current.layers(), current.experts(), capacities)
            .withLoad(average.load()).withObjective(settings.objective()).withReplicas(fewest, extra);
    }
}
