package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExpertBankTest {
    private static final KernelBackend SCALAR = HostFixture.backend("scalar");

    private final RandomModel model = new RandomModel(1);

    @AfterEach
    void closeModel() {
        model.close();
    }

    private ExpertBank load(final DType dtype, final ExpertId... experts) {
        return ExpertBank.load(model, SCALAR, dtype, List.of(experts), LoadProgress.NONE);
    }

    @Test
    void shouldReadAndHoldOnlyItsOwnExperts() {
        final ExpertId first = new ExpertId(0, 4);
        final ExpertId second = new ExpertId(2, 1);
        try (ExpertBank bank = load(DType.F32, second, first)) {
            assertEquals(List.of(first, second), model.asked);
            assertEquals(List.of(first, second), bank.experts());
            for (final ExpertId expert : RandomModel.allExperts()) {
                assertEquals(bank.experts().contains(expert), bank.holds(expert.layer(), expert.index()));
            }
        }
    }

    @Test
    void shouldHoldNothingOutsideTheModel() {
        try (ExpertBank bank = load(DType.F32)) {
            assertFalse(bank.holds(-1, 0));
            assertFalse(bank.holds(RandomModel.LAYERS, 0));
            assertFalse(bank.holds(0, -1));
            assertFalse(bank.holds(0, RandomModel.EXPERTS));
            assertEquals(0, bank.bytes());
        }
    }

    @Test
    void shouldPackTheWeightsOfAnExpert() {
        try (ExpertBank bank = load(DType.BF16, new ExpertId(1, 3))) {
            assertEquals(RandomModel.WIDTH, bank.weights(1, 3).width());
            assertEquals(RandomModel.HIDDEN, bank.weights(1, 3).hidden());
            assertEquals(DType.BF16, bank.weights(1, 3).dtype());
            assertEquals(bank.weights(1, 3).bytes(), bank.bytes());
        }
    }

    @Test
    void shouldHoldAnExpertListedTwiceOnce() {
        try (ExpertBank bank = load(DType.F32, new ExpertId(0, 0), new ExpertId(0, 0))) {
            assertEquals(1, bank.experts().size());
            assertEquals(1, model.asked.size());
        }
    }

    @Test
    void shouldTakeFromAPlacementWhatIsForThatHost() {
        final int[][] hosts = new int[RandomModel.LAYERS * RandomModel.EXPERTS][];
        for (int i = 0; i < hosts.length; i++) {
            hosts[i] = i % 4 == 3 ? new int[] {1, 0} : new int[] {0};
        }
        final Placement placement = new Placement(1, RandomModel.LAYERS, RandomModel.EXPERTS, 2, hosts);
        assertEquals(RandomModel.allExperts(), ExpertBank.expertsOf(placement, 0));
        assertEquals(List.of(new ExpertId(0, 3), new ExpertId(1, 1), new ExpertId(1, 5), new ExpertId(2, 3)),
            ExpertBank.expertsOf(placement, 1));
    }

    @Test
    void shouldTellItsProgress() {
        final List<Long> heard = new ArrayList<>();
        final List<ExpertId> experts = List.of(new ExpertId(0, 0), new ExpertId(0, 1));
        ExpertBank.load(model, SCALAR, DType.BF16, experts, heard::add).close();
        final long matrix = (long)RandomModel.HIDDEN * RandomModel.WIDTH * DType.BF16.bytes();
        assertEquals(List.of(3 * matrix, 3 * matrix), heard);
        assertEquals(3 * matrix, ExpertBank.expertBytes(model.configuration(), DType.BF16));
    }

    @Test
    void shouldNameFileAndTensorWhenAWeightIsNotFinite() {
        final ExpertId damaged = new ExpertId(1, 2);
        final List<Tensor> tensors = List.of(model.tensorsOf(damaged).gate(), model.tensorsOf(damaged).up(),
            model.tensorsOf(damaged).down());
        for (final Tensor tensor : tensors) {
            for (final float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
                final float sound = tensor.at(77);
                model.overwrite(tensor, 77, value);
                final String message =
                    assertThrows(CheckpointException.class, () -> load(DType.F32, damaged)).getMessage();
                assertTrue(message.contains("model.safetensors: tensor " + tensor.name() + " holds " + value
                    + " at element 77;"), message);
                model.overwrite(tensor, 77, sound);
            }
        }
        load(DType.F32, damaged).close();
    }

    @Test
    void shouldNotMindDamagedExpertsOfOthers() {
        model.overwrite(model.tensorsOf(new ExpertId(1, 2)).up(), 0, Float.NaN);
        load(DType.F32, new ExpertId(1, 3)).close();
    }

    @Test
    void shouldRefuseExpertsThatTheModelLacks() {
        for (final ExpertId expert : List.of(new ExpertId(RandomModel.LAYERS, 0), new ExpertId(0, RandomModel.EXPERTS),
            new ExpertId(-1, 0), new ExpertId(0, -1))) {
            final String message =
                assertThrows(ConfigurationException.class, () -> load(DType.F32, expert)).getMessage();
            assertTrue(message.startsWith("There is no " + expert + " in random-model"), message);
        }
    }
}
