package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.Counters;
import dev.convoke.gating.Capacity;
import dev.convoke.gating.CapacityPolicy;
import java.util.Arrays;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Policies that drop: what they promise, and what requests are told. */
@Timeout(60)
class CapacityTest {
    private static final int MAX_TOKENS = 6;

    private static GenerationRequest request(final int variant) {
        final int[] prompt = new int[20 + variant];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = (i * 131 + variant * 977 + 5) % 500;
        }
        return GenerationRequest.of(prompt).maxTokens(MAX_TOKENS).promptLogprobs(true).build();
    }

    @ParameterizedTest
    @EnumSource(value = CapacityPolicy.class, names = {"DROP", "EXPANDED_DROP"})
    void shouldNotDependOnTheOrderOfTheBatchAndCountWhatBecameOfEachRequest(final CapacityPolicy policy) {
        final int[][] orders = {{0, 1, 2}, {2, 0, 1}};
        final GenerationRequest[][] requests = new GenerationRequest[2][3];
        final LogitsDigest[] digests = {new LogitsDigest(), new LogitsDigest()};
        for (int run = 0; run < 2; run++) {
            for (int variant = 0; variant < 3; variant++) {
                requests[run][variant] = request(variant);
            }
            final GenerationRequest[] ofRun = requests[run];
            try (TestCluster cluster = TestCluster.of(Models.GOLDEN_MIXTRAL).hosts(2).observer(digests[run])
                .settings(context -> context.capacity(new Capacity(policy, 0.75))).start()) {
                cluster.run(Arrays.stream(orders[run]).mapToObj(variant -> ofRun[variant])
                    .toArray(GenerationRequest[]::new));
                final ModelConfiguration model = cluster.context().checkpoint().configuration();
                for (final GenerationRequest request : ofRun) {
                    assertEquals((long)(request.promptLength() + MAX_TOKENS - 1) * model.layers() * model.topK(),
                        request.stream().entries().entries());
                }
                final Counters counters = cluster.context().routing().counters();
                assertEquals(counters.value("moe_dropped_tokens"), sum(ofRun, EntryUse::dropped));
                assertEquals(counters.value("moe_capacity_rerouted_entries"), sum(ofRun, EntryUse::rerouted));
                assertEquals(counters.value("routing_entries"),
                    sum(ofRun, EntryUse::entries) - sum(ofRun, EntryUse::dropped));
            }
        }
        for (int variant = 0; variant < 3; variant++) {
            assertArrayEquals(digests[0].byPosition(requests[0][variant]), digests[1].byPosition(requests[1][variant]));
            assertEquals(requests[0][variant].stream().entries().dropped(),
                requests[1][variant].stream().entries().dropped());
        }
        assertTrue(sum(requests[0], policy == CapacityPolicy.DROP ? EntryUse::dropped : EntryUse::rerouted) > 0);
    }

    private static long sum(final GenerationRequest[] requests, final ToLongFunction<EntryUse> what) {
        return Arrays.stream(requests).mapToLong(request -> what.applyAsLong(request.stream().entries())).sum();
    }
}
