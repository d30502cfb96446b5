package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.ExpertChecksum;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Experts that a host is told to load and to free while it serves. */
@Timeout(120)
class ExpertChangesTest {
    private static final ExpertId HELD = new ExpertId(0, 1);
    private static final ExpertId OTHER = new ExpertId(2, 5);
    /** Of the odd sizes of the model, padded to blocks. */
    private static final long EXPERT_BYTES = bytes();

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final RandomModel model = new RandomModel(3);
    private ExpertLoader loader = loader(Long.MAX_VALUE);
    private HostFixture fixture;
    private DecoderSide decoder;
    private long exchanges;

    private static long bytes() {
        try (RandomModel any = new RandomModel(1); ExpertBank bank = ExpertBank.load(any,
            HostFixture.backend("scalar"), DType.BF16, List.of(HELD), bytes -> { })) {
            return bank.bytes();
        }
    }

    private ExpertLoader loader(final long limitBytes) {
        return new ExpertLoader(model, HostFixture.backend("scalar"), DType.BF16, limitBytes);
    }

    private void open(final List<ExpertId> experts) {
        fixture = HostFixture.with(model, experts, DType.BF16, context -> context.loader(loader));
        decoder = fixture.connect(1);
    }

    @AfterEach
    void close() {
        fixture.close();
        loader.close();
        model.close();
    }

    private long checksum(final ExpertId expert) {
        return ExpertChecksum.of(model.tensorsOf(expert));
    }

    private void await(final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, () -> "last status: " + status());
            fixture.settle();
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
            fixture.nowNs += TimeUnit.SECONDS.toNanos(1);
        }
    }

    private HostHoldings status() {
        decoder.statuses.clear();
        decoder.requestStatus();
        fixture.settle();
        return decoder.statuses.getLast();
    }

    private ExpertState state(final ExpertId expert) {
        return status().experts().get(expert);
    }

    private void assertServed(final ExpertId expert) {
        final float[] row = DirectExpert.operand(DType.BF16, WireRow.randomValues(random, RandomModel.HIDDEN));
        decoder.identity.layer(expert.layer());
        decoder.dispatch(++exchanges, List.of(new WireRow(0, row, expert.index())));
        fixture.settle();
        final var key = new DecoderSide.Key(exchanges, 0, 0, 0, 0, expert.index());
        DecoderSide.assertBits(DirectExpert.compute(model.tensorsOf(expert), DType.BF16, row),
            decoder.results.get(key), key);
    }

    private void assertRefused(final ExpertId expert) {
        decoder.refusals.clear();
        decoder.identity.layer(expert.layer());
        decoder.dispatch(++exchanges, List.of(new WireRow(0, new float[RandomModel.HIDDEN], expert.index())));
        fixture.settle();
        assertEquals(ErrorCode.EXPERT_NOT_LOADED, decoder.refusal().code());
    }

    private List<ExpertId> welcomed() {
        decoder.welcomes.clear();
        decoder.hello();
        fixture.settle();
        return decoder.welcomes.getLast().experts();
    }

    @Test
    void shouldServeAnExpertOnceItIsLoaded() {
        open(List.of(HELD));
        assertServed(HELD);
        assertRefused(OTHER);
        decoder.load(OTHER, checksum(OTHER));
        await(() -> state(OTHER) == ExpertState.HELD);
        assertServed(OTHER);
        assertServed(HELD);
        assertEquals(List.of(HELD, OTHER), welcomed());
        assertEquals(1, fixture.counters.value("expert_host_loads"));
        assertEquals(2, fixture.counters.value("expert_host_experts"));
        assertEquals(2 * EXPERT_BYTES, fixture.counters.value("expert_host_weight_bytes"));
    }

    @Test
    void shouldNotMindOrdersThatComeTwice() {
        open(List.of(HELD));
        for (int i = 0; i < 5; i++) {
            decoder.load(OTHER, checksum(OTHER));
            decoder.load(HELD, checksum(HELD));
            decoder.free(new ExpertId(1, 1));
        }
        await(() -> state(OTHER) == ExpertState.HELD);
        assertEquals(1, fixture.counters.value("expert_host_loads"));
        for (int i = 0; i < 5; i++) {
            decoder.free(OTHER);
        }
        await(() -> state(OTHER) == null);
        assertEquals(1, fixture.counters.value("expert_host_frees"));
        assertEquals(List.of(HELD), welcomed());
    }

    @Test
    void shouldRefuseRowsOfAnExpertAsSoonAsItIsToBeFreed() {
        open(List.of(HELD, OTHER));
        decoder.free(OTHER);
        assertRefused(OTHER);
        await(() -> state(OTHER) == null);
        assertServed(HELD);
        assertEquals(EXPERT_BYTES, status().memoryUsedBytes());
        decoder.load(OTHER, checksum(OTHER));
        await(() -> state(OTHER) == ExpertState.HELD);
        assertServed(OTHER);
    }

    @Test
    void shouldAnswerWhatWasTakenBeforeAnExpertIsFreed() {
        final LateBackend late = new LateBackend();
        fixture = HostFixture.with(model, late, DType.BF16, 1, context -> context.loader(loader));
        decoder = fixture.connect(1);
        final float[] row = DirectExpert.operand(DType.BF16, WireRow.randomValues(random, RandomModel.HIDDEN));
        decoder.identity.layer(OTHER.layer());
        decoder.dispatch(++exchanges, List.of(new WireRow(0, row, OTHER.index())));
        fixture.host.doWork();
        assertEquals(1, late.running.size());
        decoder.free(OTHER);
        for (int i = 0; i < 20; i++) {
            fixture.host.doWork();
            decoder.poll();
        }
        assertEquals(0, fixture.counters.value("expert_host_frees"));
        late.running.getFirst().end();
        await(() -> fixture.counters.value("expert_host_frees") == 1);
        final var key = new DecoderSide.Key(exchanges, 0, 0, 0, 0, OTHER.index());
        DecoderSide.assertBits(DirectExpert.compute(model.tensorsOf(OTHER), DType.BF16, row),
            decoder.results.get(key), key);
    }

    @Test
    void shouldNotLoadWhatDiffersFromWhatWasOrdered() {
        open(List.of(HELD));
        decoder.load(OTHER, checksum(OTHER) + 1);
        await(() -> state(OTHER) == ExpertState.FAILED);
        assertTrue(status().failure().contains("the weights of layer 2 expert 5 have checksum "), status().failure());
        assertRefused(OTHER);
        decoder.load(OTHER, checksum(OTHER));
        await(() -> state(OTHER) == ExpertState.HELD);
        assertServed(OTHER);
        assertEquals(1, fixture.counters.value("expert_host_loads_failed"));
    }

    @Test
    void shouldNameTheTensorThatIsDamaged() {
        open(List.of(HELD));
        model.overwrite(model.tensorsOf(OTHER).up(), 3, Float.NaN);
        decoder.load(OTHER, checksum(OTHER));
        await(() -> state(OTHER) == ExpertState.FAILED);
        assertTrue(status().failure().contains("layer 2 expert 5 up holds NaN at element 3"), status().failure());
        decoder.free(OTHER);
        fixture.settle();
        assertNull(state(OTHER), "forgotten");
    }

    @Test
    void shouldKeepWithinItsMemory() {
        loader = loader(2 * EXPERT_BYTES);
        open(List.of(HELD));
        decoder.load(OTHER, checksum(OTHER));
        decoder.load(new ExpertId(1, 1), checksum(new ExpertId(1, 1)));
        fixture.settle();
        assertEquals(ExpertState.FAILED, state(new ExpertId(1, 1)));
        assertTrue(status().failure().contains("raise --expert-memory"), status().failure());
        await(() -> state(OTHER) == ExpertState.HELD);
        assertEquals(2 * EXPERT_BYTES, status().memoryLimitBytes());
        assertEquals(2 * EXPERT_BYTES, status().memoryUsedBytes());
        assertEquals(EXPERT_BYTES, status().expertBytes());
        decoder.free(HELD);
        await(() -> state(HELD) == null);
        decoder.load(new ExpertId(1, 1), checksum(new ExpertId(1, 1)));
        await(() -> state(new ExpertId(1, 1)) == ExpertState.HELD);
    }

    @Test
    void shouldRefuseExpertsThatTheModelLacksAndOrdersOfAnotherModel() {
        open(List.of(HELD));
        decoder.load(new ExpertId(RandomModel.LAYERS, 0), 1);
        fixture.settle();
        assertTrue(status().failure().startsWith("There is no layer 3 expert 0"), status().failure());
        assertNull(state(new ExpertId(RandomModel.LAYERS, 0)), "no state is kept of what does not exist");
        decoder.identity.modelFingerprint(99);
        decoder.load(OTHER, checksum(OTHER));
        fixture.settle();
        assertEquals(ErrorCode.WRONG_MODEL, decoder.refusal().code());
    }

    @Test
    void shouldKeepToItsExpertsWithoutALoader() {
        fixture = HostFixture.with(model, List.of(HELD), DType.BF16, context -> { });
        decoder = fixture.connect(1);
        decoder.load(OTHER, checksum(OTHER));
        decoder.free(HELD);
        fixture.settle();
        assertEquals("This host cannot load experts while it serves.", status().failure());
        assertServed(HELD);
    }

    @Test
    void shouldServeExactlyWhatItHoldsWhateverTheOrderOfOrders() {
        System.out.println("ExpertChangesTest seed " + seed);
        open(RandomModel.allExperts().subList(0, 5));
        final List<ExpertId> all = RandomModel.allExperts();
        for (int i = 0; i < 400; i++) {
            final ExpertId expert = all.get(random.nextInt(all.size()));
            switch (random.nextInt(4)) {
                case 0 -> decoder.load(expert, checksum(expert));
                case 1 -> decoder.free(expert);
                case 2 -> fixture.host.doWork();
                default -> {
                    final boolean held = fixture.bank.holds(expert.layer(), expert.index());
                    decoder.identity.layer(expert.layer());
                    fixture.settle();
                    if (held && fixture.bank.holds(expert.layer(), expert.index())) {
                        assertServed(expert);
                    }
                }
            }
            fixture.nowNs += TimeUnit.SECONDS.toNanos(1);
        }
        await(() -> status().experts().values().stream().allMatch(state -> state == ExpertState.HELD));
        final List<ExpertId> held = new ArrayList<>(status().experts().keySet());
        for (final ExpertId expert : all) {
            if (held.contains(expert)) {
                assertServed(expert);
            } else {
                assertRefused(expert);
            }
            fixture.nowNs += TimeUnit.SECONDS.toNanos(1);
        }
        assertEquals(held, welcomed());
        assertEquals(held.size() * EXPERT_BYTES, status().memoryUsedBytes());
    }
}
