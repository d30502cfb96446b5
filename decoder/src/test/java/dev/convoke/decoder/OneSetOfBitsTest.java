package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.Counters;
import dev.convoke.core.Precision;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.CapacityPolicy;
import dev.convoke.loadbalance.Placement;
import dev.convoke.routing.replicas.FirstReplica;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The raw logits of a request, at every position, are the same bits however it is served. */
class OneSetOfBitsTest {
    private static final int PROMPT_LENGTH = 37;
    private static final int MAX_TOKENS = 12;
    private static final SamplingParameters SAMPLED = SamplingParameters.builder().temperature(0.9f).topK(50)
        .topP(0.95f).seed(1234).build();

    private static GenerationRequest request(final int variant) {
        final int[] prompt = new int[PROMPT_LENGTH + variant];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = (i * 131 + variant * 977 + 5) % 500;
        }
        return GenerationRequest.of(prompt).maxTokens(MAX_TOKENS).sampling(SAMPLED).promptLogprobs(true).build();
    }

    /** What a request computed: a digest for each position and the tokens. */
    private record Bits(long[] positions, int[] tokens) {
        void assertSame(final Bits other, final String what) {
            assertArrayEquals(positions, other.positions, what);
            assertArrayEquals(tokens, other.tokens, what);
        }
    }

    private static Bits served(final Precision precision, final UnaryOperator<TestCluster.Builder> differently) {
        final LogitsDigest digest = new LogitsDigest();
        final GenerationRequest request = request(0);
        try (TestCluster cluster = differently.apply(TestCluster.of(Models.GOLDEN_SLIDING_WINDOW).precision(precision)
            .observer(digest)).start()) {
            cluster.run(request);
        }
        return new Bits(digest.byPosition(request), TestCluster.tokens(request));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void shouldNotDependOnDeployment(final Precision precision) {
        final Bits expected = served(precision, builder -> builder);
        assertEquals(PROMPT_LENGTH + MAX_TOKENS, expected.positions.length);
        assertEquals(1, Arrays.stream(expected.positions).filter(digest -> digest == 0).count(),
            "every position but the last token's is digested");
        expected.assertSame(served(precision, builder -> builder.hosts(3)), "3 hosts");
        expected.assertSame(served(precision, builder -> builder.threads(2)), "2 threads");
        expected.assertSame(served(precision, builder -> builder.backend("scalar")), "scalar");
        expected.assertSame(served(precision, builder -> builder.backend("vector")), "vector");
        expected.assertSame(served(precision, builder -> builder.settings(context -> context.prefillChunk(7))),
            "chunks of 7");
        expected.assertSame(served(precision, builder -> builder.settings(context -> context.prefillChunk(1))),
            "chunks of 1");
        expected.assertSame(served(precision, builder -> builder.placement(backwards(2))), "another placement");
        expected.assertSame(served(precision, builder -> builder.placement(backwards(4)).threads(2).backend("scalar")
            .settings(context -> context.prefillChunk(5))), "everything at once");
    }

    @ParameterizedTest
    @EnumSource(CapacityPolicy.class)
    void shouldNotDependOnACapacityThatDropsNothing(final CapacityPolicy policy) {
        final Bits expected = served(Precision.BF16, builder -> builder);
        expected.assertSame(served(Precision.BF16, builder -> builder.settings(context -> context
            .capacity(new Capacity(policy, Double.POSITIVE_INFINITY)))), policy + " without a limit");
        if (policy == CapacityPolicy.SPILL) {
            for (final double factor : new double[] {0.5, 1}) {
                final Counters counters = new Counters();
                expected.assertSame(served(Precision.BF16, builder -> builder.placement(everywhere(3))
                    .settings(context -> context.capacity(new Capacity(policy, factor)))
                    .routingSettings(routing -> routing.counters(counters).replicaChoice(new FirstReplica()))),
                    "spilling beyond " + factor);
                assertTrue(counters.value("moe_capacity_spilled_entries") > 0, "nothing spilled at " + factor);
            }
        }
    }

    private static Placement everywhere(final int hosts) {
        try (var checkpoint = Models.GOLDEN_SLIDING_WINDOW.open()) {
            final ModelConfiguration model = checkpoint.configuration();
            final int[][] hostsOfExpert = new int[model.layers() * model.experts()][];
            Arrays.setAll(hostsOfExpert, _ -> IntStream.range(0, hosts).toArray());
            return new Placement(5, model.layers(), model.experts(), hosts, hostsOfExpert);
        }
    }

    /** Experts dealt to hosts from the last to the first, unevenly. */
    private static Placement backwards(final int hosts) {
        try (var checkpoint = Models.GOLDEN_SLIDING_WINDOW.open()) {
            final ModelConfiguration model = checkpoint.configuration();
            final int[][] hostsOfExpert = new int[model.layers() * model.experts()][];
            for (int i = 0; i < hostsOfExpert.length; i++) {
                final int dealt = (hostsOfExpert.length - i) * (hostsOfExpert.length - i) / 3 % hosts;
                hostsOfExpert[i] = new int[] {dealt};
            }
            return new Placement(5, model.layers(), model.experts(), hosts, hostsOfExpert);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void shouldNotDependOnCompany(final Precision precision) {
        final Bits alone = served(precision, builder -> builder);
        final LogitsDigest digest = new LogitsDigest();
        final GenerationRequest[] batch = new GenerationRequest[8];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = request((i + 5) % batch.length);
        }
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_SLIDING_WINDOW).precision(precision).observer(digest)
            .start()) {
            cluster.run(batch);
        }
        alone.assertSame(new Bits(digest.byPosition(batch[3]), TestCluster.tokens(batch[3])), "in a batch of 8");
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void shouldNotDependOnPreemption(final Precision precision) {
        final Bits alone = served(precision, builder -> builder);
        final LogitsDigest digest = new LogitsDigest();
        final GenerationRequest[] requests = {request(3), request(1), request(0)};
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_SLIDING_WINDOW).precision(precision).observer(digest)
            .settings(context -> context.kvPages(9).prefillChunk(16)).start()) {
            cluster.run(requests);
            assertTrue(cluster.context().counters().value("vllm:num_preemptions") > 0);
        }
        assertFalse(digest.isContradicted(), "computed again, the logits differ");
        alone.assertSame(new Bits(digest.byPosition(requests[2]), TestCluster.tokens(requests[2])), "preempted");
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void shouldNotDependOnHowOftenItRan(final Precision precision) {
        final LogitsDigest digest = new LogitsDigest();
        try (TestCluster cluster = TestCluster.of(Models.GOLDEN_SLIDING_WINDOW).precision(precision).observer(digest)
            .start()) {
            final GenerationRequest first = request(0);
            cluster.run(first);
            for (int pass = 0; pass < 40; pass++) {
                final GenerationRequest again = request(0);
                cluster.run(again);
                assertEquals(digest.of(first), digest.of(again), "pass " + pass);
            }
        }
    }
}
