package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.scalar.ScalarBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every backend must do: compute what the scalar one does, at any size, for any split of the work. Backends of the
 * canonical numerics give its bits; others come close to it, and give their own bits whatever a row's company.
 */
public abstract class KernelBackendContract {
    private static final int[] COLUMNS = {1, 7, 15, 16, 17, 31, 32, 33, 64, 100, 192, 384};
    private static final int ROWS = 5;
    private static final int REPETITIONS = 150;
    /** Of a row's norm, for backends with bits of their own. */
    private static final double TOLERANCE = 1e-2;

    private final KernelBackend scalar = new ScalarBackend();
    private final long seed = Rows.seed();
    private final SplittableRandom random = new SplittableRandom(seed);
    private KernelBackend backend;
    private boolean canonical;
    private List<DType> operands;
    private Arena arena;

    /** The backend under test; skips the test if this machine cannot run it. */
    protected abstract KernelBackend createBackend();

    /** How often the same work is done again in search of other bits. */
    protected int repetitions() {
        return REPETITIONS;
    }

    @BeforeEach
    final void prepare() {
        backend = createBackend();
        canonical = backend.numerics().equals(scalar.numerics());
        operands = Stream.of(DType.F32, DType.BF16).filter(backend::takes).toList();
        arena = backend.newArena();
    }

    @AfterEach
    final void release() {
        if (arena != null) {
            arena.close();
        }
    }

    @Test
    void shouldBeUsableHere() {
        assertEquals("", backend.unsupportedReason());
    }

    @Test
    void shouldMultiplyLikeScalarAtEverySize() {
        for (final int inputs : new int[] {1, 2, 31, 32, 33, 64, 96, 192, 384}) {
            for (final int outputs : new int[] {1, 15, 16, 17, 31, 32, 33, 48, 64, 96, 192}) {
                for (final int rows : new int[] {1, random.nextInt(2, 10)}) {
                    multiply(rows, outputs, inputs, 0);
                }
            }
        }
    }

    @Test
    void shouldMultiplyLikeScalarAtEveryRowCount() {
        for (int rows = 1; rows <= 9; rows++) {
            multiply(rows, 80, 70, 0);
        }
        for (final int rows : new int[] {17, 63, 64, 65, 70}) {
            multiply(rows, 33, 65, 0);
        }
    }

    @Test
    void shouldMultiplyInfinitiesSubnormalsAndNaNsLikeScalar() {
        for (int rows = 1; rows <= 8; rows++) {
            multiply(rows, 41, 96, 60);
        }
    }

    @Test
    void shouldMultiplyQuantisedWeightsLikeScalar() {
        for (final DType stored : Rows.stored(256)) {
            for (final int rows : new int[] {1, 2, 3, 5, 64, 66}) {
                final int outputs = random.nextInt(1, 100);
                multiply(rows, List.of(Rows.weights(arena, stored, outputs, 512, random),
                    Rows.weights(arena, stored, 7, 512, random)), 0);
            }
        }
    }

    @Test
    void shouldMultiplyIn8BitsLikeScalar() {
        final Int8Products products = backend.int8Products().orElse(null);
        assumeTrue(products != null, "it has no such products");
        for (final int inputs : new int[] {1, 3, 31, 32, 33, 100, 1024, 1056, 2080}) {
            for (final int rows : new int[] {1, 2, 3, 7, 64, 66}) {
                multiplyInts(products, rows, stack(random.nextInt(1, 70), inputs), 0);
            }
        }
        for (int rows = 1; rows <= 8; rows++) {
            multiplyInts(products, rows, stack(41, 96), 40);
        }
    }

    /** With rows of zeros and of numbers that hardly differ from them, too. */
    private void multiplyInts(final Int8Products products, final int rows, final List<Tensor> stacked,
        final int specialEvery) {
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final RowBuffer x = new RowBuffer(arena, DType.BF16, rows, PackedMatrix.stackedInputs(stacked));
        Rows.fill(x, random, specialEvery);
        final int quiet = random.nextInt(2 * rows);
        for (int k = 0; quiet < rows && k < x.columns(); k++) {
            x.set(quiet, k, random.nextBoolean() ? 0 : x.get(quiet, k) * 0x1p-102f);
        }
        final DType yType = random.nextBoolean() ? DType.F32 : DType.BF16;
        final RowBuffer expected = new RowBuffer(arena, yType, rows, outputs);
        final RowBuffer actual = poisoned(yType, rows, outputs);
        final Int8Products exact = scalar.int8Products().orElseThrow();
        exact.matmul(exact.pack(arena, stacked, Throttle.NONE), x, expected, 0, rows, 0, outputs);
        final Int8Matrix packed = products.pack(arena, stacked, Throttle.NONE);
        assertEquals(outputs, packed.outputs());
        final int tiles = (outputs + backend.tileOutputs() - 1) / backend.tileOutputs();
        split(rows, (fromRow, toRow) -> split(tiles, (fromTile, toTile) ->
            products.matmul(packed, x, actual, fromRow, toRow, fromTile, toTile)));
        Rows.assertSameBits(expected, actual, what(rows + "x" + x.columns() + "x" + outputs + " in 8 bits"));
    }

    private void multiply(final int rows, final int outputs, final int inputs, final int specialEvery) {
        multiply(rows, stack(outputs, inputs), specialEvery);
    }

    private void multiply(final int rows, final List<Tensor> stacked, final int specialEvery) {
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        for (final DType dtype : operands) {
            final RowBuffer x = new RowBuffer(arena, dtype, rows, inputs);
            Rows.fill(x, random, specialEvery);
            final DType yType = random.nextBoolean() ? DType.F32 : dtype;
            final RowBuffer expected = new RowBuffer(arena, yType, rows, outputs);
            final RowBuffer actual = poisoned(yType, rows, outputs);
            scalar.matmul(scalar.pack(arena, dtype, stacked), x, expected, 0, rows, 0, outputs);
            final PackedMatrix packed = backend.pack(arena, dtype, stacked);
            assertEquals(outputs, packed.outputs());
            assertEquals(inputs, packed.inputs());
            assertEquals(dtype, packed.dtype());
            final int tiles = (outputs + backend.tileOutputs() - 1) / backend.tileOutputs();
            split(rows, (fromRow, toRow) -> split(tiles, (fromTile, toTile) ->
                backend.matmul(packed, x, actual, fromRow, toRow, fromTile, toTile)));
            assertAgree(expected, actual, what(rows + "x" + inputs + "x" + outputs + " " + dtype));
        }
    }

    private List<Tensor> stack(final int outputs, final int inputs) {
        final List<Tensor> stacked = new ArrayList<>();
        int left = outputs;
        while (left > 0) {
            final int part = random.nextBoolean() ? left : random.nextInt(1, left + 1);
            stacked.add(Rows.weights(arena, Rows.oneOf(random, Rows.stored(inputs)), part, inputs, random));
            left -= part;
        }
        return stacked;
    }

    @Test
    void shouldNormaliseLikeScalar() {
        for (final int columns : COLUMNS) {
            final MemorySegment weight = Rows.vector(arena, columns, random);
            final RowBuffer x = Rows.random(arena, DType.F32, ROWS, columns, random);
            compare("rmsNorm " + columns, columns, (candidate, y, from, to) ->
                candidate.rmsNorm(x, weight, 1e-5f, y, from, to));
        }
    }

    @Test
    void shouldGateLikeScalar() {
        for (final int columns : COLUMNS) {
            final RowBuffer gateUp = Rows.random(arena, DType.F32, ROWS, 2 * columns, random);
            for (int row = 0; row < ROWS; row++) {
                gateUp.set(row, random.nextInt(2 * columns), random.nextInt(-110, 110));
            }
            compare("gatedSilu " + columns, columns, (candidate, y, from, to) ->
                candidate.gatedSilu(gateUp, y, from, to));
        }
    }

    @Test
    void shouldRotateLikeScalar() {
        for (final int headDim : new int[] {2, 16, 32, 48, 64, 80, 128}) {
            final RotaryTable table = new RotaryTable(arena, 40, RotaryTable.defaultFrequencies(headDim, 10_000));
            final int heads = random.nextInt(1, 4);
            final int firstColumn = random.nextInt(3) * headDim;
            final RowBuffer x = Rows.random(arena, DType.F32, ROWS, firstColumn + (heads + 1) * headDim, random);
            final int[] positions = random.ints(ROWS, 0, 40).toArray();
            compare("rotate " + headDim, heads * headDim, (candidate, y, from, to) ->
                candidate.rotate(x, firstColumn, table, positions, y, from, to));
        }
    }

    @Test
    void shouldRoundLikeScalar() {
        for (final int columns : COLUMNS) {
            final int firstColumn = random.nextInt(20);
            final RowBuffer x = new RowBuffer(arena, DType.F32, ROWS, firstColumn + columns);
            Rows.fill(x, random, 5);
            compare("round " + columns, columns, (candidate, y, from, to) ->
                candidate.round(x, firstColumn, y, from, to));
        }
    }

    @Test
    void shouldRoundEveryBfloat16AndItsNeighboursLikeScalar() {
        final int[] neighbours = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
        final RowBuffer x = new RowBuffer(arena, DType.F32, neighbours.length, 1 << 16);
        for (int row = 0; row < neighbours.length; row++) {
            for (int column = 0; column < x.columns(); column++) {
                x.set(row, column, Float.intBitsToFloat(column << 16 | neighbours[row]));
            }
        }
        final RowBuffer expected = new RowBuffer(arena, DType.BF16, neighbours.length, x.columns());
        final RowBuffer actual = poisoned(DType.BF16, neighbours.length, x.columns());
        scalar.round(x, 0, expected, 0, neighbours.length);
        backend.round(x, 0, actual, 0, neighbours.length);
        assertAgree(expected, actual, "round");
    }

    @Test
    void shouldCombineAndAddLikeScalar() {
        for (final int columns : COLUMNS) {
            final int slots = random.nextInt(1, 9);
            final float[] weights = new float[ROWS * slots];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = Rows.number(random);
            }
            final RowBuffer x = Rows.random(arena, DType.F32, ROWS, columns, random);
            for (final DType dtype : operands) {
                final RowBuffer slotRows = Rows.random(arena, dtype, ROWS * slots, columns, random);
                final RowBuffer expected = Rows.random(arena, DType.F32, ROWS, columns, random.split());
                final RowBuffer actual = new RowBuffer(arena, DType.F32, ROWS, columns);
                MemorySegment.copy(expected.segment(), 0, actual.segment(), 0, expected.segment().byteSize());
                scalar.combine(slotRows, weights, slots, expected, 0, ROWS);
                scalar.add(x, expected, 0, ROWS);
                split(ROWS, (from, to) -> backend.combine(slotRows, weights, slots, actual, from, to));
                split(ROWS, (from, to) -> backend.add(x, actual, from, to));
                assertAgree(expected, actual, what("combine " + columns + " x " + slots));
            }
        }
    }

    @Test
    void shouldAttendLikeScalarAtEveryShape() {
        for (final int headDim : new int[] {16, 32, 48, 64, 128}) {
            for (final int groupSize : new int[] {1, 2, 4}) {
                attend(headDim, groupSize, 0, 0);
            }
        }
    }

    @Test
    void shouldAttendLikeScalarUnderASlidingWindow() {
        for (final int window : new int[] {1, 2, 15, 16, 17, 33, 64}) {
            attend(32, 2, window, 0);
        }
    }

    @Test
    void shouldAttendInfinitiesSubnormalsAndNaNsLikeScalar() {
        for (int i = 0; i < 6; i++) {
            attend(32, 1, i == 0 ? 5 : 0, 40 + 100 * i);
        }
    }

    private void attend(final int headDim, final int groupSize, final int window, final int specialEvery) {
        final int[] positions = {0, 1, 14, 15, 16, 17, 31, 32, 47, 63, 64, random.nextInt(65, 90)};
        for (final DType dtype : operands) {
            final int kvHeads = random.nextInt(1, 4);
            final AttentionCase attention = new AttentionCase(arena,
                new AttentionCase.Shape(dtype, kvHeads, groupSize, headDim, window), positions, specialEvery, random);
            final AttentionBatch expected = attention.batch();
            final AttentionBatch actual = attention.batch();
            Rows.poison(actual.outputs());
            scalar.attend(expected, 0, positions.length * kvHeads);
            split(positions.length * kvHeads, (from, to) -> backend.attend(actual, from, to));
            assertAgree(expected.outputs(), actual.outputs(),
                what("attend " + headDim + " group " + groupSize + " window " + window + " " + dtype));
        }
    }

    @Test
    void shouldComputeGroupedFfnsLikeScalar() {
        for (final int hidden : new int[] {8, 33, 64, 96, 160}) {
            for (final int width : new int[] {1, 24, 32, 70, 128}) {
                for (final DType dtype : operands) {
                    computeFfn(new FfnShape(dtype, random.nextInt(1, 40), 6, hidden, width));
                }
            }
        }
    }

    @Test
    void shouldComputeGroupedFfnsOfManyRowsLikeScalar() {
        computeFfn(new FfnShape(DType.BF16, 700, 4, 64, 48));
        computeFfn(new FfnShape(DType.BF16, 300, 60, 64, 48));
    }

    @Test
    void shouldComputeGroupedFfnsOfExpertsInEveryStoredTypeLikeScalar() {
        for (final DType stored : DType.values()) {
            computeFfn(new FfnShape(DType.BF16, random.nextInt(1, 10), 2, 512, 256), List.of(stored));
        }
        computeFfn(new FfnShape(DType.BF16, 12, 6, 256, 256), List.of(DType.values()));
    }

    private void computeFfn(final FfnShape shape) {
        computeFfn(shape, List.of());
    }

    private void computeFfn(final FfnShape shape, final List<DType> stored) {
        try (WorkerPool pool = new WorkerPool("contract", 2)) {
            final FfnCase ffn = new FfnCase(arena, shape, random, stored);
            final Kernels kernels = new Kernels(backend, pool);
            final FfnBatch batch = kernels.ffnBatch(arena, shape);
            final List<PackedFfn> weights = ffn.pack(backend, arena);
            final RowBuffer expected = ffn.expected(arena);
            for (int repetition = 0; repetition < 2; repetition++) {
                final RowBuffer actual = ffn.run(batch, weights, arena);
                assertAgree(expected, actual, what("grouped FFN " + shape + " " + stored));
            }
        }
    }

    @Test
    void shouldGiveARowTheSameBitsInAnyCompany() {
        for (final int hidden : new int[] {64, 200}) {
            final FfnShape shape = new FfnShape(DType.BF16, 150, 5, hidden, 96);
            try (WorkerPool pool = new WorkerPool("contract", 2)) {
                final FfnCase ffn = new FfnCase(arena, shape, random);
                final FfnBatch batch = new Kernels(backend, pool).ffnBatch(arena, shape);
                final List<PackedFfn> weights = ffn.pack(backend, arena);
                final RowBuffer together = ffn.run(batch, weights, arena);
                final RowBuffer apart = poisoned(DType.BF16, shape.rows(), hidden);
                split(shape.rows(), (from, to) -> ffn.run(batch, weights, from, to, apart));
                Rows.assertSameBits(together, apart, what("parts of " + shape));
                final RowBuffer alone = poisoned(DType.BF16, shape.rows(), hidden);
                for (int row = 0; row < shape.rows(); row++) {
                    ffn.run(batch, weights, row, row + 1, alone);
                }
                Rows.assertSameBits(together, alone, what("rows of " + shape));
            }
        }
    }

    @Test
    void shouldMultiplyARowToTheSameBitsInAnyCompany() {
        final int rows = 90;
        for (final int inputs : new int[] {64, 330}) {
            final PackedMatrix weights = backend.pack(arena, DType.BF16, stack(140, inputs));
            final RowBuffer x = Rows.random(arena, DType.BF16, rows, inputs, random);
            final int tiles = (140 + backend.tileOutputs() - 1) / backend.tileOutputs();
            final RowBuffer together = poisoned(DType.F32, rows, 140);
            backend.matmul(weights, x, together, 0, rows, 0, tiles);
            final RowBuffer alone = poisoned(DType.F32, rows, 140);
            for (int row = 0; row < rows; row++) {
                backend.matmul(weights, x, alone, row, row + 1, 0, tiles);
            }
            Rows.assertSameBits(together, alone, what("rows of " + inputs + "x140"));
        }
    }

    @Test
    void shouldGiveTheSameBitsOnAnyNumberOfThreads() {
        final List<Long> expected = hashes(canonical ? scalar : backend, 1);
        for (int threads = 1; threads <= 3; threads++) {
            assertEquals(expected, hashes(backend, threads), threads + " threads");
        }
    }

    private List<Long> hashes(final KernelBackend candidate, final int threads) {
        try (KernelSample sample = new KernelSample(candidate, operands, threads, seed)) {
            return sample.hashes();
        }
    }

    @Test
    void shouldGiveTheSameBitsColdAndWarm() {
        try (KernelSample sample = new KernelSample(createBackend(), operands, 1, seed)) {
            final List<Long> cold = sample.hashes();
            for (int i = 0; i < repetitions(); i++) {
                assertEquals(cold, sample.hashes(), what("repetition " + i));
            }
        }
    }

    private void compare(final String what, final int columns, final RowKernel kernel) {
        for (final DType dtype : operands) {
            final RowBuffer expected = new RowBuffer(arena, dtype, ROWS, columns);
            final RowBuffer actual = poisoned(dtype, ROWS, columns);
            kernel.run(scalar, expected, 0, ROWS);
            split(ROWS, (from, to) -> kernel.run(backend, actual, from, to));
            assertAgree(expected, actual, what(what + " " + dtype));
        }
    }

    private void split(final int count, final RangeTask task) {
        int from = 0;
        while (from < count) {
            final int to = random.nextInt(4) == 0 ? random.nextInt(from + 1, count + 1) : count;
            task.run(from, to);
            from = to;
        }
    }

    private RowBuffer poisoned(final DType dtype, final int rows, final int columns) {
        final RowBuffer buffer = new RowBuffer(arena, dtype, rows, columns);
        Rows.poison(buffer);
        return buffer;
    }

    private void assertAgree(final RowBuffer expected, final RowBuffer actual, final String name) {
        if (canonical) {
            Rows.assertSameBits(expected, actual, name);
        } else {
            Rows.assertClose(expected, actual, TOLERANCE, name);
        }
    }

    private String what(final String name) {
        return name + " (seed " + seed + ")";
    }

    /** A kernel that goes row by row. */
    @FunctionalInterface
    private interface RowKernel {
        void run(KernelBackend candidate, RowBuffer y, int fromRow, int toRow);
    }
}
