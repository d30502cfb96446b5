package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.huggingface.SafetensorsFile;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares a whole model in f32 with what Hugging Face transformers computes from the same weights. */
class GoldenModelsTest {
    private static final float MAX_LOGIT_ERROR = 1e-4f;
    private static final float MAX_EXPERT_ERROR = 1e-4f;
    private static final int PROMPTS = 2;

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void closeArena() {
        arena.close();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TINY_MOE")
    void shouldAgreeWithReferenceAtEveryPosition(final Models model) {
        final SafetensorsFile golden = SafetensorsFile.open(model.reference().resolve("golden.safetensors"), arena);
        final int[] inputs = integers(golden, "input_ids");
        final int length = inputs.length / PROMPTS;
        final GenerationRequest[] requests = new GenerationRequest[PROMPTS];
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            final int first = prompt * length;
            requests[prompt] = GenerationRequest.of(Arrays.copyOfRange(inputs, first, first + length)).maxTokens(1)
                .promptLogprobs(true).build();
        }
        final Comparison comparison = new Comparison(golden, requests, length);
        try (TestCluster cluster = TestCluster.of(model).observer(comparison).start()) {
            cluster.run(requests);
            comparison.check(cluster.context().checkpoint().configuration().layers());
        }
        System.out.printf("%s: largest logit error %.3g, largest expert output error %.3g%n", model,
            comparison.logitError, comparison.expertError);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TINY_MOE")
    void shouldGenerateReferenceTokensWhenGreedy(final Models model) {
        final SafetensorsFile golden = SafetensorsFile.open(model.reference().resolve("golden.safetensors"), arena);
        final int[] expected = integers(golden, "greedy_tokens");
        final GenerationRequest request = GenerationRequest.of(integers(golden, "greedy_prompt"))
            .maxTokens(expected.length).build();
        try (TestCluster cluster = TestCluster.of(model).start()) {
            cluster.run(request);
        }
        assertArrayEquals(expected, TestCluster.tokens(request));
    }

    private static int[] integers(final SafetensorsFile file, final String name) {
        final MemorySegment bytes = file.bytes(name);
        return IntStream.range(0, (int)(bytes.byteSize() / Integer.BYTES))
            .map(i -> bytes.get(ValueLayout.JAVA_INT_UNALIGNED, (long)i * Integer.BYTES)).toArray();
    }

    /** Checks what each step computes against the reference, row by row. */
    private static final class Comparison implements StepObserver {
        private final SafetensorsFile golden;
        private final GenerationRequest[] requests;
        private final int length;
        private float logitError;
        private float expertError;
        private int logitRows;
        private int routedRows;
        private int wrongChoices;

        Comparison(final SafetensorsFile golden, final GenerationRequest[] requests, final int length) {
            this.golden = golden;
            this.requests = requests;
            this.length = length;
        }

        void check(final int layers) {
            assertTrue(logitRows == PROMPTS * length, "logits seen at " + logitRows + " positions");
            assertTrue(routedRows == layers * PROMPTS * length, "choices seen of " + routedRows + " rows");
            assertTrue(wrongChoices == 0, wrongChoices + " choices differ");
            assertTrue(logitError <= MAX_LOGIT_ERROR, "largest logit error " + logitError);
            assertTrue(expertError <= MAX_EXPERT_ERROR, "largest expert output error " + expertError);
        }

        private int referenceRow(final StepBatch batch, final int row) {
            return (batch.request(row) == requests[0] ? 0 : length) + batch.position(row);
        }

        private Tensor reference(final int layer, final String name) {
            return golden.tensor("model.layers." + layer + ".mlp." + name);
        }

        @Override
        public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits,
            final RoutingPlan plan) {
            final int[] chosen = integers(golden, "model.layers." + layer + ".mlp.gate.router_output.2");
            final Tensor weights = reference(layer, "gate.router_output.1");
            for (int entry = 0; entry < plan.entries(); entry++) {
                final int row = entry / plan.topK();
                final int expected = referenceRow(batch, row) * plan.topK() + entry % plan.topK();
                final boolean agrees = chosen[expected] == plan.expert(entry)
                    && Math.abs(weights.at(expected) - plan.weight(entry)) < 1e-5;
                wrongChoices += agrees ? 0 : 1;
            }
            routedRows += plan.rows();
        }

        @Override
        public void onExpertRows(final int layer, final StepBatch batch, final RowBuffer slotRows,
            final RoutingPlan plan) {
            final Tensor expected = reference(layer, "moe_output");
            for (int row = 0; row < plan.rows(); row++) {
                for (int column = 0; column < slotRows.columns(); column++) {
                    float sum = 0;
                    for (int entry = row * plan.topK(); entry < (row + 1) * plan.topK(); entry++) {
                        sum += plan.weight(entry) * slotRows.get(entry, column);
                    }
                    final long index = (long)referenceRow(batch, row) * slotRows.columns() + column;
                    expertError = Math.max(expertError, Math.abs(sum - expected.at(index)));
                }
            }
        }

        @Override
        public void onLogits(final StepBatch batch, final RowBuffer logits) {
            final Tensor expected = golden.tensor("logits");
            for (int i = 0; i < batch.logitRows(); i++) {
                for (int token = 0; token < logits.columns(); token++) {
                    final long index = (long)referenceRow(batch, batch.logitRow(i)) * logits.columns() + token;
                    logitError = Math.max(logitError, Math.abs(logits.get(i, token) - expected.at(index)));
                }
            }
            logitRows += batch.logitRows();
        }
    }
}
