package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.huggingface.HuggingFaceCheckpoint;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the router of a real model saw, through the experts it chose, gives what its feed-forward block gave. */
class GoldenExpertsTest {
    /** The reference sums dot products in another order. */
    private static final float TOLERANCE = 1e-4f;

    @ParameterizedTest
    @ValueSource(strings = {"mixtral", "mixtral-swa", "olmoe"})
    void shouldGiveTheReferencesMoeOutput(final String name) throws IOException {
        final Path directory = Path.of(System.getProperty("convoke.models"), "golden", name);
        final GoldenTensors golden = new GoldenTensors(directory.resolve("golden.safetensors"));
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(directory);
            HostFixture fixture = HostFixture.wide(checkpoint, all(checkpoint.configuration()), DType.F32)) {
            final DecoderSide decoder = fixture.connect(1);
            for (int layer = 0; layer < checkpoint.configuration().layers(); layer++) {
                checkLayer(golden, fixture, decoder, layer);
            }
        }
    }

    private static List<ExpertId> all(final ModelConfiguration model) {
        final List<ExpertId> experts = new ArrayList<>();
        for (int layer = 0; layer < model.layers(); layer++) {
            for (int expert = 0; expert < model.experts(); expert++) {
                experts.add(new ExpertId(layer, expert));
            }
        }
        return experts;
    }

    private static void checkLayer(final GoldenTensors golden, final HostFixture fixture, final DecoderSide decoder,
        final int layer) {
        final String prefix = "model.layers." + layer + ".mlp.";
        final float[][] inputs = golden.floats(prefix + "gate.router_input");
        final float[][] weights = golden.floats(prefix + "gate.router_output.1");
        final int[][] experts = golden.ints(prefix + "gate.router_output.2");
        final float[][] expected = golden.floats(prefix + "moe_output");
        final List<WireRow> rows = new ArrayList<>();
        for (int row = 0; row < inputs.length; row++) {
            rows.add(new WireRow(row, inputs[row], experts[row]));
        }
        decoder.identity.layer(layer);
        decoder.dispatch(layer, rows);
        fixture.settle();
        assertEquals(80, inputs.length);
        for (int row = 0; row < inputs.length; row++) {
            final float[] sum = new float[expected[row].length];
            for (int slot = 0; slot < experts[row].length; slot++) {
                add(sum, weights[row][slot], decoder.results.get(
                    new DecoderSide.Key(layer, 0, 0, row, slot, experts[row][slot])));
            }
            assertClose(expected[row], sum, prefix + " row " + row);
        }
    }

    private static void add(final float[] sum, final float weight, final float[] row) {
        for (int column = 0; column < sum.length; column++) {
            sum[column] = Math.fma(weight, row[column], sum[column]);
        }
    }

    private static void assertClose(final float[] expected, final float[] actual, final String what) {
        for (int column = 0; column < expected.length; column++) {
            final float difference = Math.abs(expected[column] - actual[column]);
            assertTrue(difference <= TOLERANCE, () -> what + " differs by " + difference);
        }
    }
}
