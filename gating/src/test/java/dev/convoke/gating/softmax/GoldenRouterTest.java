package dev.convoke.gating.softmax;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.checkpoint.huggingface.SafetensorsFile;
import dev.convoke.core.DType;
import dev.convoke.gating.Gate;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Router weights and inputs of a golden checkpoint give the choices and weights that transformers recorded. */
class GoldenRouterTest {
    private static final int LAYERS = 3;
    private static final int TOP_K = 2;
    private static final double TOLERANCE = 1e-5;

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "mixtral-swa"})
    void shouldChooseAndWeighAsRecorded(final String model) {
        final Path directory = Path.of(System.getProperty("convoke.models"), "golden", model);
        try (Arena arena = Arena.ofConfined()) {
            final SafetensorsFile weights = SafetensorsFile.open(directory.resolve("model.safetensors"), arena);
            final SafetensorsFile golden = SafetensorsFile.open(directory.resolve("golden.safetensors"), arena);
            for (int layer = 0; layer < LAYERS; layer++) {
                assertLayer(arena, golden, "model.layers." + layer + ".mlp.gate.router_",
                    weights.tensor("model.layers." + layer + ".block_sparse_moe.gate.weight"));
            }
        }
    }

    private static void assertLayer(final Arena arena, final SafetensorsFile golden, final String name,
        final Tensor router) {
        final RowBuffer logits = logits(arena, golden.tensor(name + "input"), router);
        final Tensor recordedWeights = golden.tensor(name + "output.1");
        final MemorySegment recordedExperts = golden.bytes(name + "output.2");
        final RoutingPlan plan = new RoutingPlan(logits.columns(), TOP_K, logits.capacity());
        assertEquals(Gate.ROUTED, new SoftmaxTopKGate().route(logits, logits.capacity(), plan));
        assertEquals(plan.entries(), recordedWeights.elements());
        for (int entry = 0; entry < plan.entries(); entry++) {
            final int expert = recordedExperts.get(
                ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), (long)entry * Integer.BYTES);
            assertEquals(expert, plan.expert(entry), name + " entry " + entry);
            assertEquals(recordedWeights.at(entry), plan.weight(entry), TOLERANCE, name + " entry " + entry);
        }
    }

    private static RowBuffer logits(final Arena arena, final Tensor input, final Tensor router) {
        final KernelBackend backend = new ScalarBackend();
        final int rows = (int)input.shape()[0];
        final int columns = (int)input.shape()[1];
        final int experts = (int)router.shape()[0];
        final RowBuffer x = new RowBuffer(arena, DType.F32, rows, columns);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                x.set(row, column, input.at((long)row * columns + column));
            }
        }
        final RowBuffer logits = new RowBuffer(arena, DType.F32, rows, experts);
        final PackedMatrix packed = backend.pack(arena, DType.F32, List.of(router));
        final int tiles = (experts + backend.tileOutputs() - 1) / backend.tileOutputs();
        backend.matmul(packed, x, logits, 0, rows, 0, tiles);
        return logits;
    }
}
