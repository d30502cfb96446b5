package dev.convoke.server.cli;

import dev.convoke.core.Alarm;
import dev.convoke.loadbalance.Placement;
import dev.convoke.server.Cluster;
import dev.convoke.server.coordinator.CoordinatorAgent;
import dev.convoke.server.coordinator.CoordinatorContext;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.server.deployment.ServedDecoder;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The coordinator of a decoder, which tells expert hosts what to hold. */
final class CoordinatorOptions {
    private static final long PARK_NS = TimeUnit.MILLISECONDS.toNanos(10);

    @Option(names = "--coordinator-log", paramLabel = "FILE", description = "Keep in this file where replicas lie, so "
        + "that a restart goes on from there. Default: a restart begins with --placement or --experts")
    private Path log;

    @Mixin
    private RebalanceOptions rebalancing = new RebalanceOptions();

    /** A coordinator that runs until it is closed, which has to be before its decoder. */
    record Running(CoordinatorAgent agent, AgentThread rebalancer, AgentThread thread) implements AutoCloseable {
        Cluster cluster() {
            return agent;
        }

        @Override
        public void close() {
            rebalancer.close();
            thread.close();
        }
    }

    /** Throws if an option is wrong. */
    void check() {
        rebalancing.check();
    }

    /** Starts it beside a decoder; where it plans by itself, experts get as many replicas as they have at least now. */
    Running start(final ServedDecoder decoder) {
        final CoordinatorContext context = new CoordinatorContext().port(decoder.connectToHosts())
            .hostAddresses(decoder.hostAddresses()).model(decoder.routed()).placement(decoder.firstPlacement())
            .replicas(fewestReplicas(decoder.firstPlacement())).log(log)
            .id(ThreadLocalRandom.current().nextLong()).checksums(decoder::checksum)
            .publisher(decoder.decoder()::propose).decoderEpoch(decoder.decoder()::epoch)
            .counters(decoder.counters());
        context.conclude();
        final CoordinatorAgent agent;
        try {
            agent = new CoordinatorAgent(context);
        } catch (final RuntimeException e) {
            context.port().close();
            throw e;
        }
        final AgentThread thread = new AgentThread(agent, PARK_NS, Alarm.NONE);
        thread.start();
        return new Running(agent, rebalancing.start(decoder, agent), thread);
    }

    private static int fewestReplicas(final Placement placement) {
        int fewest = Integer.MAX_VALUE;
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                fewest = Math.min(fewest, placement.replicas(layer, expert));
            }
        }
        return fewest;
    }
}
