package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.FinishReason;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.explicit.ExplicitPlacement;
import dev.convoke.server.Cluster;
import dev.convoke.server.ClusterStatus;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.TestModels;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.server.deployment.ServedDecoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Replicas move while streams go on: the output stays the same, and hosts end up with what they were given. */
@Timeout(240)
class LiveMoveTest {
    private static final int TOKENS = 60;
    private static final int EXPERTS = 48;

    @TempDir
    private Path directory;

    private CoordinatorOptions.Running start(final ServedDecoder decoder) {
        final CoordinatorOptions options = new CoordinatorOptions();
        new CommandLine(options).parseArgs("--coordinator-log", directory.resolve("coordinator.log").toString());
        return options.start(decoder);
    }

    private static AgentThread rebalance(final ServedDecoder decoder, final CoordinatorOptions.Running running,
        final String... settings) {
        final Rebalancing rebalancing = new Rebalancing();
        new CommandLine(rebalancing).parseArgs(settings);
        return rebalancing.options.start(decoder, running.cluster());
    }

    @CommandLine.Command
    private static final class Rebalancing {
        @CommandLine.Mixin
        private final RebalanceOptions options = new RebalanceOptions();
    }

    private static ServedDecoder decoder(final ExpertSettings experts) throws InterruptedException {
        final ServedDecoder decoder = TestModels.decoder(TestModels.settings(TestModels.TINY, DType.BF16), experts,
            TestModels.GATE, UnaryOperator.identity());
        assertTrue(decoder.awaitReady(Duration.ofSeconds(60)), () -> decoder.health().toString());
        return decoder;
    }

    private static ExpertSettings local(final int hosts, final int replicas) {
        return ExpertSettings.local(ExpertSettings.IN_PROCESS, hosts, TestModels.ROUND_ROBIN, List.of())
            .withReplicas(replicas);
    }

    private static List<Integer> generate(final ServedDecoder decoder) throws InterruptedException {
        final List<GenerationRequest> requests = Stream.of("In the beginning", "def main(argv):\n    ")
            .map(prompt -> GenerationRequest.of(decoder.tokenizer().encode(prompt, true)).maxTokens(TOKENS).build())
            .toList();
        assertEquals(Admission.ACCEPTED, decoder.submit(requests));
        final List<Integer> tokens = new ArrayList<>();
        for (final GenerationRequest request : requests) {
            assertEquals(FinishReason.LENGTH, request.stream().awaitFinish(), request.stream().error());
            for (int i = 0; i < TOKENS; i++) {
                tokens.add(request.stream().token(i));
            }
        }
        return tokens;
    }

    private static void await(final Cluster cluster, final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, () -> cluster.status().toString());
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static boolean isSettled(final Cluster cluster) {
        final ClusterStatus status = cluster.status();
        return status.move().isEmpty() && status.epoch() == status.decoderEpoch()
            && status.hosts().stream().allMatch(host -> host.up() && host.held() == host.placed());
    }

    private static int held(final Cluster cluster, final int host) {
        return cluster.status().hosts().get(host).held();
    }

    /** Generates again and again until moves are over, and compares. */
    private static void assertUnnoticed(final ServedDecoder decoder, final Cluster cluster,
        final List<Integer> expected) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        do {
            assertEquals(expected, generate(decoder));
            assertTrue(System.nanoTime() < deadlineNs, () -> cluster.status().toString());
        } while (!isSettled(cluster));
        assertEquals(expected, generate(decoder));
    }

    @Test
    void shouldDrainAHostAndGiveItItsShareAgain() throws InterruptedException {
        try (ServedDecoder decoder = decoder(local(3, 2)); CoordinatorOptions.Running running = start(decoder)) {
            final Cluster cluster = running.cluster();
            final List<Integer> expected = generate(decoder);
            await(cluster, () -> isSettled(cluster));
            assertEquals("", cluster.drain(0));
            assertUnnoticed(decoder, cluster, expected);
            assertEquals(List.of(0, EXPERTS, EXPERTS), List.of(held(cluster, 0), held(cluster, 1), held(cluster, 2)));
            assertEquals(Health.ready(), decoder.health());
            assertEquals("", cluster.add(0));
            assertUnnoticed(decoder, cluster, expected);
            assertEquals(2 * EXPERTS, held(cluster, 0) + held(cluster, 1) + held(cluster, 2));
            assertTrue(held(cluster, 0) >= EXPERTS / 2, () -> cluster.status().toString());
            assertEquals(2, decoder.counters().value("coordinator_moves_finished"));
            assertEquals(0, decoder.counters().value("coordinator_moves_rolled_back"));
        }
    }

    @Test
    void shouldSwapTheExpertsOfHostsThatEachHaveOnlyOneReplica() throws InterruptedException {
        try (ServedDecoder decoder = decoder(local(2, 1)); CoordinatorOptions.Running running = start(decoder)) {
            final Cluster cluster = running.cluster();
            final List<Integer> expected = generate(decoder);
            await(cluster, () -> isSettled(cluster));
            final Placement swapped = ExplicitPlacement.parse(new PlacementRequest(1, 6, 8, 2),
                List.of("0-2:*", "3-5:*"));
            assertEquals("", cluster.move(swapped));
            assertTrue(cluster.move(swapped).contains("being moved already"));
            assertUnnoticed(decoder, cluster, expected);
            assertTrue(cluster.placement().hasReplicasOf(swapped));
            assertEquals(cluster.placement().epoch(), decoder.counters().value("moe_placement_epoch"));
        }
    }

    @Test
    void shouldMoveReplicasByItselfWhenTheLoadStaysUneven() throws InterruptedException {
        final ExpertSettings uneven = ExpertSettings.local(ExpertSettings.IN_PROCESS, 2, TestModels.ROUND_ROBIN,
            List.of("*:0-6", "*:7"));
        try (ServedDecoder decoder = decoder(uneven); CoordinatorOptions.Running running = start(decoder);
            AgentThread rebalancer = rebalance(decoder, running, "--rebalance", "on", "--rebalance-half-life", "5s",
                "--rebalance-after", "500ms", "--rebalance-moves", "100")) {
            final Cluster cluster = running.cluster();
            final List<Integer> expected = generate(decoder);
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
            while (decoder.counters().value("moe_rebalance_moves") == 0) {
                assertEquals(expected, generate(decoder));
                assertTrue(System.nanoTime() < deadlineNs, () -> cluster.status().toString());
            }
            assertUnnoticed(decoder, cluster, expected);
            assertEquals(1, decoder.counters().labelled("outcome", "proposed").value("moe_rebalance_plans"));
            assertEquals(1, decoder.counters().value("coordinator_moves_finished"));
            assertTrue(decoder.counters().value("moe_rebalance_planned_percent") < 120);
            assertTrue(held(cluster, 1) > EXPERTS / 4, () -> cluster.status().toString());
            await(cluster, () -> decoder.counters().value("moe_rebalance_imbalance_percent") < 120);
            assertNull(rebalancer.failure());
        }
    }

    @Test
    void shouldGoOnFromItsLogAfterARestart() throws InterruptedException {
        final Placement moved;
        try (ServedDecoder decoder = decoder(local(3, 1)); CoordinatorOptions.Running running = start(decoder)) {
            final Cluster cluster = running.cluster();
            await(cluster, () -> isSettled(cluster));
            assertEquals("", cluster.drain(2));
            await(cluster, () -> isSettled(cluster));
            moved = cluster.placement();
        }
        try (ServedDecoder decoder = decoder(local(3, 1)); CoordinatorOptions.Running running = start(decoder)) {
            final Cluster cluster = running.cluster();
            await(cluster, () -> isSettled(cluster));
            assertEquals(moved, cluster.placement());
            assertEquals(0, held(cluster, 2));
            assertTrue(cluster.status().hosts().get(2).drained());
            assertEquals(Health.ready(), decoder.health());
        }
    }

    @Test
    void shouldMoveBetweenProcessesAndFromOneThatIsKilled() throws InterruptedException {
        final List<String> addresses = Stream.generate(ConvokeProcess::freeUdpAddress).limit(2).toList();
        final String all = String.join(",", addresses);
        try (ConvokeProcess _ = ConvokeProcess.expertHost(TestModels.TINY, "bf16", "aeron-udp", all, 0);
            ConvokeProcess last = ConvokeProcess.expertHost(TestModels.TINY, "bf16", "aeron-udp", all, 1);
            ServedDecoder decoder = decoder(ExpertSettings.remote("aeron-udp", Map.of(), addresses,
                TestModels.ROUND_ROBIN, List.of())); CoordinatorOptions.Running running = start(decoder)) {
            final Cluster cluster = running.cluster();
            final List<Integer> expected = generate(decoder);
            await(cluster, () -> isSettled(cluster));
            assertEquals("", cluster.drain(0));
            assertUnnoticed(decoder, cluster, expected);
            assertEquals(List.of(0, EXPERTS), List.of(held(cluster, 0), held(cluster, 1)));
            last.kill();
            assertEquals(expected, generate(decoder), "another host has loaded what the dead one held");
            assertTrue(decoder.counters().value("moe_last_resort_loads") >= EXPERTS);
        }
    }
}
