package dev.convoke.server.cli;

import dev.convoke.core.Alarm;
import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.rebalance.RebalancePolicy;
import dev.convoke.server.Cluster;
import dev.convoke.server.coordinator.RebalanceSettings;
import dev.convoke.server.coordinator.Rebalancer;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.server.deployment.ServedDecoder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Whether and when a placement follows its load. */
final class RebalanceOptions {
    private static final long PARK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final double PERCENT = 100;
    /** Some tens of rows that choose two experts in each of some layers. */
    private static final double LEAST_CHOICES = 1_000;
    private static final String ON = "on";
    private static final Map<String, LoadObjective> OBJECTIVES = new LinkedHashMap<>();

    static {
        OBJECTIVES.put("tokens", LoadObjective.TOKENS);
        OBJECTIVES.put("active-experts", LoadObjective.ACTIVE_EXPERTS);
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--rebalance", paramLabel = "STATE", defaultValue = "off", description = "Move replicas when the "
        + "load of the hosts stays uneven: on or off. Default: ${DEFAULT-VALUE}")
    private String rebalance;

    @Option(names = "--rebalance-objective", paramLabel = "NAME", defaultValue = "tokens", description = "What is to "
        + "be even: tokens, right for prompts and large batches, or active-experts, for decoding. Default: "
        + "${DEFAULT-VALUE}")
    private String objective;

    @Option(names = "--rebalance-above", paramLabel = "PERCENT", defaultValue = "120", description = "Load of the "
        + "slowest host over the mean from which it is uneven. Default: ${DEFAULT-VALUE}")
    private double above;

    @Option(names = "--rebalance-after", paramLabel = "TIME", defaultValue = "60s", description = "How long it has to "
        + "be uneven. Default: ${DEFAULT-VALUE}")
    private String after;

    @Option(names = "--rebalance-half-life", paramLabel = "TIME", defaultValue = "60s", description = "Time after "
        + "which load counts half as much. Default: ${DEFAULT-VALUE}")
    private String halfLife;

    @Option(names = "--rebalance-gain", paramLabel = "PERCENT", defaultValue = "5", description = "How much lower the "
        + "load of the slowest host must become, beyond what moves cost. Default: ${DEFAULT-VALUE}")
    private double gain;

    @Option(names = "--rebalance-cost", paramLabel = "PERCENT", defaultValue = "50", description = "How much lower it "
        + "must become for moving all replicas to be worth it; some cost their part. Default: ${DEFAULT-VALUE}")
    private double cost;

    @Option(names = "--rebalance-moves", paramLabel = "PERCENT", defaultValue = "25", description = "The most replicas "
        + "to move at a time, of all. Default: ${DEFAULT-VALUE}")
    private double moves;

    @Option(names = "--rebalance-pause", paramLabel = "TIME", defaultValue = "300s", description = "From one plan to "
        + "the next at least; longer while plans follow each other. Default: ${DEFAULT-VALUE}")
    private String pause;

    /** Throws if one is wrong. */
    void check() {
        settings();
    }

    /** Throws unless nothing of it is asked for: whoever joins another coordinator has none to ask. */
    void checkJoined() {
        if (settings().isOn()) {
            throw new ConfigurationException("rebalance is on, but the coordinator that is joined does not hear of the "
                + "load of experts; leave it off, or let the coordinator run beside the decoder.");
        }
    }

    private RebalanceSettings settings() {
        Setting.requireKnown(options, "rebalance", rebalance, List.of(ON, "off"));
        Setting.requireKnown(options, "rebalance-objective", objective, OBJECTIVES.keySet());
        return new RebalanceSettings(rebalance.equals(ON), new RebalancePolicy(above / PERCENT,
            LimitOptions.duration("rebalance-after", after), gain / PERCENT, cost / PERCENT, moves / PERCENT,
            LimitOptions.duration("rebalance-pause", pause), LEAST_CHOICES), OBJECTIVES.get(objective),
            LimitOptions.duration("rebalance-half-life", halfLife));
    }

    /** Starts what watches the load; to be closed before the coordinator. */
    AgentThread start(final ServedDecoder decoder, final Cluster cluster) {
        final AgentThread thread = new AgentThread(new Rebalancer(cluster, decoder.expertCounts(), settings(),
            SystemNanoClock.INSTANCE, decoder.counters()), PARK_NS, Alarm.NONE);
        thread.start();
        return thread;
    }
}
