package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Precision;
import dev.convoke.tensor.KernelBackend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes back is what the numerics define, whatever travelled or was computed beside it. */
class ExpertHostBitsTest {
    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final RandomModel model = new RandomModel(seed);

    static Stream<Arguments> backendsAndTypes() {
        return NamedServices.all(KernelBackend.class).values().stream()
            .flatMap(backend -> Stream.of(DType.F32, DType.BF16)
                .filter(dtype -> backend.unsupportedReason(Precision.of(dtype)).isEmpty())
                .map(dtype -> Arguments.of(backend, dtype)));
    }

    @AfterEach
    void printSeed() {
        System.out.println("ExpertHostBitsTest seed " + seed);
        model.close();
    }

    /** Rows with one to three different experts each. */
    private List<WireRow> randomRows(final DType dtype, final int firstRow, final int count) {
        final List<WireRow> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int[] experts = random.ints(0, RandomModel.EXPERTS).distinct().limit(1 + random.nextInt(3)).toArray();
            rows.add(new WireRow(firstRow + i,
                DirectExpert.operand(dtype, WireRow.randomValues(random, RandomModel.HIDDEN)), experts));
        }
        return rows;
    }

    private void assertAnswered(final DecoderSide decoder, final long exchangeId, final int layer, final int attempt,
        final int part, final List<WireRow> rows) {
        final DType dtype = decoder.identity.dtype();
        for (final WireRow row : rows) {
            for (int slot = 0; slot < row.experts().length; slot++) {
                final int expert = row.experts()[slot];
                final var key = new DecoderSide.Key(exchangeId, attempt, part, row.row(), slot, expert);
                final float[] input = row.values().clone();
                for (int i = 0; i < input.length && !Float.isNaN(row.scale()); i++) {
                    input[i] *= row.scale();
                }
                DecoderSide.assertBits(DirectExpert.compute(model.tensorsOf(new ExpertId(layer, expert)), dtype,
                    DirectExpert.operand(dtype, input)), decoder.results.get(key), key);
            }
        }
    }

    private static int assignments(final List<WireRow> rows) {
        return rows.stream().mapToInt(row -> row.experts().length).sum();
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldComputeTheExpertBitForBit(final KernelBackend backend, final DType dtype) {
        for (final int threads : new int[] {1, 2}) {
            try (HostFixture fixture = HostFixture.with(model, backend, dtype, threads, context -> { })) {
                final DecoderSide decoder = fixture.connect(1);
                for (int layer = 0; layer < RandomModel.LAYERS; layer++) {
                    final List<WireRow> rows = randomRows(dtype, 0, 7);
                    decoder.identity.layer(layer);
                    decoder.dispatch(layer, rows);
                    fixture.settle();
                    assertAnswered(decoder, layer, layer, 0, 0, rows);
                }
                assertEquals(0, decoder.repeatedResults);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldGiveTheSameBitsWhenDecodersAndLayersShareADutyCycle(final KernelBackend backend, final DType dtype) {
        try (HostFixture fixture = HostFixture.with(model, backend, dtype, 1, context -> { })) {
            final List<DecoderSide> decoders = List.of(fixture.connect(1), fixture.connect(2), fixture.connect(3));
            final List<List<WireRow>> sent = new ArrayList<>();
            for (int exchange = 0; exchange < 9; exchange++) {
                final List<WireRow> rows = randomRows(dtype, 3 * exchange, 1 + random.nextInt(6));
                final DecoderSide decoder = decoders.get(exchange % 3);
                decoder.identity.layer(exchange / 2 % RandomModel.LAYERS);
                decoder.dispatch(exchange, rows);
                sent.add(rows);
            }
            assertTrue(fixture.host.doWork() > 0);
            assertEquals(RandomModel.LAYERS, fixture.counters.value("expert_host_batches"));
            fixture.settle();
            for (int exchange = 0; exchange < 9; exchange++) {
                assertAnswered(decoders.get(exchange % 3), exchange, exchange / 2 % RandomModel.LAYERS, 0, 0,
                    sent.get(exchange));
            }
            assertEquals(sent.stream().mapToInt(ExpertHostBitsTest::assignments).sum(),
                decoders.stream().mapToInt(decoder -> decoder.results.size()).sum());
        }
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldGiveTheSameBitsInBatchesOfAnySize(final KernelBackend backend, final DType dtype) {
        final List<WireRow> rows = randomRows(dtype, 0, 20);
        for (final int computeRows : new int[] {1, 3, 8, 1000}) {
            try (HostFixture fixture =
                HostFixture.with(model, backend, dtype, 1, context -> context.computeRows(computeRows))) {
                final DecoderSide decoder = fixture.connect(1);
                decoder.dispatch(5, rows);
                fixture.settle();
                assertAnswered(decoder, 5, 0, 0, 0, rows);
                assertEquals(assignments(rows), decoder.results.size());
                final long batches = fixture.counters.value("expert_host_batches");
                assertTrue(batches >= (assignments(rows) + computeRows - 1) / computeRows, () -> batches + " batches");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldScaleARowBeforeItsExpertWhenTheFrameSaysSo(final KernelBackend backend, final DType dtype) {
        try (HostFixture fixture = HostFixture.with(model, backend, dtype, 1, context -> { })) {
            final DecoderSide decoder = fixture.connect(1);
            final List<WireRow> rows = new ArrayList<>();
            for (final WireRow row : randomRows(dtype, 0, 6)) {
                rows.add(row.row() == 3 ? row
                    : new WireRow(row.row(), row.values(), row.experts(), (float)random.nextDouble(0.1, 1)));
            }
            decoder.dispatch(1, rows);
            fixture.settle();
            assertAnswered(decoder, 1, 0, 0, 0, rows);
        }
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldAnswerEachPartUnderItsOwnIdentity(final KernelBackend backend, final DType dtype) {
        try (HostFixture fixture = HostFixture.with(model, backend, dtype, 1, context -> { })) {
            final DecoderSide decoder = fixture.connect(4);
            final List<WireRow> first = randomRows(dtype, 0, 5);
            final List<WireRow> second = randomRows(dtype, 5, 5);
            decoder.identity.layer(2).attempt(3).part(0, 2);
            decoder.dispatch(9, first);
            decoder.identity.part(1, 2);
            decoder.dispatch(9, second);
            fixture.settle();
            assertAnswered(decoder, 9, 2, 3, 0, first);
            assertAnswered(decoder, 9, 2, 3, 1, second);
            assertEquals(List.of(0, 1), decoder.combines.stream().map(DecoderSide.Combine::part).distinct().toList());
            for (final DecoderSide.Combine combine : decoder.combines) {
                assertEquals(2, combine.parts());
                assertEquals(4, combine.decoderId());
                assertEquals(5, combine.incarnation());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldComputeWhatIsAskedForAgainButNotACopy(final KernelBackend backend, final DType dtype) {
        try (HostFixture fixture = HostFixture.with(model, backend, dtype, 1, context -> { })) {
            final DecoderSide decoder = fixture.connect(1);
            final List<WireRow> rows = randomRows(dtype, 0, 4);
            decoder.dispatch(1, rows);
            decoder.dispatch(1, rows);
            fixture.settle();
            decoder.dispatch(1, rows);
            fixture.settle();
            assertAnswered(decoder, 1, 0, 0, 0, rows);
            assertEquals(0, decoder.repeatedResults);
            assertEquals(2, fixture.counters.value("expert_host_dispatches_repeated"));
            decoder.identity.attempt(1);
            decoder.dispatch(1, rows);
            fixture.settle();
            assertAnswered(decoder, 1, 0, 1, 0, rows);
            assertEquals(2, fixture.counters.value("expert_host_batches"));
            assertEquals(2 * assignments(rows), decoder.results.size());
        }
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void shouldSpreadManyAnswersOverBoundedFrames(final KernelBackend backend, final DType dtype) {
        try (HostFixture fixture = HostFixture.with(model, backend, dtype, 1, context -> { })) {
            final DecoderSide decoder = fixture.connect(1);
            final List<WireRow> rows = new ArrayList<>();
            for (final WireRow row : randomRows(dtype, 0, 20)) {
                final int[] everyExpert = Arrays.copyOf(new int[] {5, 4, 3, 2, 1, 0}, RandomModel.EXPERTS);
                rows.add(new WireRow(row.row(), row.values(), everyExpert));
            }
            decoder.dispatch(1, rows);
            fixture.settle();
            assertAnswered(decoder, 1, 0, 0, 0, rows);
            assertEquals(120, decoder.results.size());
            final int perFrame = WireLimits.combineResults(HostFixture.FRAME_BYTES,
                RandomModel.HIDDEN * dtype.bytes());
            assertTrue(decoder.combines.size() >= 120 / perFrame, () -> decoder.combines.size() + " frames");
            assertTrue(decoder.combines.stream().allMatch(combine -> combine.results() <= perFrame));
            assertTrue(decoder.combines.stream().anyMatch(combine -> combine.results() > 1));
            assertEquals(20, fixture.counters.value("expert_host_rows"));
        }
    }
}
