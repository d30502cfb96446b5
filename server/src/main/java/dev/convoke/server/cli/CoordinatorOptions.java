package dev.convoke.server.cli;

import dev.convoke.loadbalance.Placement;
import dev.convoke.server.Cluster;
import dev.convoke.server.ControlPlane;
import dev.convoke.server.coordinator.CoordinatorAgent;
import dev.convoke.server.coordinator.CoordinatorContext;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.server.deployment.CoordinatedHosts;
import dev.convoke.server.deployment.ServedDecoder;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;

/** The coordinator, which tells expert hosts what to hold. */
final class CoordinatorOptions {
    private static final long PARK_NS = TimeUnit.MILLISECONDS.toNanos(20);

    @Option(names = "--coordinator-log", paramLabel = "FILE", description = "Keep in this file which expert hosts "
        + "there are and where replicas lie, so that a restart goes on from there. Default: a restart begins with "
        + "--placement or --experts")
    private Path log;

    /** A coordinator that runs until it is closed, which has to be before its hosts and its decoder. */
    record Running(CoordinatorAgent agent, AgentThread thread) implements AutoCloseable {
        Cluster cluster() {
            return agent;
        }

        ControlPlane controlPlane() {
            return new ControlPlane(agent, agent);
        }

        @Override
        public void close() {
            thread.close();
        }
    }

    /** The file, or null. */
    Path log() {
        return log;
    }

    /** Starts it beside a decoder; where it plans by itself, experts get as many replicas as they have at least now. */
    Running start(final ServedDecoder decoder) {
        return start(decoder, 1, UnaryOperator.identity());
    }

    /**
     * Starts it beside a decoder.
     *
     * @param replicas     that experts get at least where it plans by itself
     * @param addressCheck for hosts that join
     */
    Running start(final ServedDecoder decoder, final int replicas, final UnaryOperator<String> addressCheck) {
        return start(context(decoder, replicas, addressCheck).publisher(decoder::follow)
            .decoderEpoch(decoder.decoder()::epoch));
    }

    /** Starts it by itself; otherwise as the other. */
    Running start(final CoordinatedHosts hosts, final int replicas, final UnaryOperator<String> addressCheck) {
        return start(context(hosts, replicas, addressCheck));
    }

    private CoordinatorContext context(final CoordinatedHosts hosts, final int replicas,
        final UnaryOperator<String> addressCheck) {
        final Placement first = hosts.firstPlacement();
        return new CoordinatorContext().port(hosts.connectToHosts())
            .hostAddresses(hosts.hostAddresses()).model(hosts.routed()).numerics(hosts.numerics())
            .configuration(hosts.configuration())
            .placement(first)
            .replicas(Math.max(replicas, fewestReplicas(first))).log(log)
            .id(ThreadLocalRandom.current().nextLong()).checksums(hosts::checksum)
            .addressCheck(addressCheck).counters(hosts.counters());
    }

    private static Running start(final CoordinatorContext context) {
        final CoordinatorAgent agent;
        try {
            context.conclude();
            agent = new CoordinatorAgent(context);
        } catch (final RuntimeException e) {
            context.port().close();
            throw e;
        }
        final AgentThread thread = AgentThread.unhurried(agent, PARK_NS);
        thread.start();
        return new Running(agent, thread);
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
