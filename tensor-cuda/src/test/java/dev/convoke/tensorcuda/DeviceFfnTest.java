package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnCase;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Rows;
import dev.convoke.tensor.Tensor;
import dev.convoke.tensor.WorkerPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Grouped FFNs beyond the contract: experts that visit, batches side by side, what is copied where. */
@Tag("device")
class DeviceFfnTest {
    private static final FfnShape SHAPE = new FfnShape(DType.BF16, 120, 12, 96, 80);

    private final long seed = Rows.seed();
    private final SplittableRandom random = new SplittableRandom(seed);
    private CudaBackend backend;
    private WorkerPool pool;
    private Arena arena;

    @BeforeEach
    void prepare() {
        backend = CudaBackendTest.backend();
        pool = new WorkerPool("test", 1);
        arena = backend.newArena();
    }

    @AfterEach
    void release() {
        if (arena != null) {
            arena.close();
            pool.close();
        }
    }

    private FfnBatch batch() {
        return new Kernels(backend, pool).ffnBatch(arena, SHAPE);
    }

    private String what(final String name) {
        return name + " (seed " + seed + ")";
    }

    @Test
    void shouldGiveTheSameBitsWhenExpertsOnlyVisit() {
        final FfnCase ffn = new FfnCase(arena, SHAPE, random);
        final RowBuffer expected = ffn.run(batch(), ffn.pack(backend, arena), arena);
        final long expert = DeviceFfn.bytes(WeightFormat.BF16, SHAPE.hidden(), SHAPE.width());
        final long unpadded = 3L * SHAPE.hidden() * SHAPE.width() * Short.BYTES;
        for (final int places : new int[] {3, 5, 9, 12}) {
            final CudaBackend small = CudaBackendTest.backend();
            try (Arena its = small.newArena()) {
                small.planWeights(0, SHAPE.groups() * unpadded, places * expert);
                final List<PackedFfn> weights = ffn.pack(small, its);
                final FfnBatch batch = new Kernels(small, pool).ffnBatch(its, SHAPE);
                for (int turn = 0; turn < 5; turn++) {
                    Rows.assertSameBits(expected, ffn.run(batch, weights, its), what(places + " places"));
                }
            }
        }
    }

    @Test
    void shouldHaveExpertsVisitInTheFormatsTheyAreStoredIn() {
        final FfnShape shape = new FfnShape(DType.BF16, 20, 10, 256, 128);
        for (final DType stored : List.of(DType.Q4_0, DType.MXFP4, DType.F8_E4M3)) {
            final FfnCase ffn = new FfnCase(arena, shape, random, List.of(stored));
            final List<PackedFfn> resident = ffn.pack(backend, arena);
            final RowBuffer expected = ffn.run(new Kernels(backend, pool).ffnBatch(arena, shape), resident, arena);
            Rows.assertClose(ffn.expected(arena), expected, 1e-2, what("resident " + stored));
            final CudaBackend small = CudaBackendTest.backend();
            try (Arena its = small.newArena()) {
                final long elements = 3L * shape.groups() * shape.hidden() * shape.width();
                small.planWeights(0, small.packedFfnBytes(List.of(stored, stored, stored), DType.BF16, elements),
                    5 * DeviceFfn.bytes(WeightFormat.of(List.of(stored)), shape.hidden(), shape.width()));
                final List<PackedFfn> weights = ffn.pack(small, its);
                final FfnBatch batch = new Kernels(small, pool).ffnBatch(its, shape);
                for (int turn = 0; turn < 2; turn++) {
                    Rows.assertSameBits(expected, ffn.run(batch, weights, its), what("visiting " + stored));
                }
            }
        }
    }

    @Test
    void shouldCountFourBitExpertsAsTheyLieOnTheGpu() {
        final List<DType> four = List.of(DType.MXFP4, DType.MXFP4, DType.MXFP4);
        assertEquals(3L * 512 * 256 / 8192 * 4352, backend.packedFfnBytes(four, DType.BF16, 3L * 512 * 256));
        assertEquals(3L * 512 * 256 * 2,
            backend.packedFfnBytes(List.of(DType.Q4_0, DType.Q4_0, DType.Q6_K), DType.BF16, 3L * 512 * 256));
        final FfnShape shape = new FfnShape(DType.BF16, 1, 1, 512, 256);
        final PackedFfn expert = new FfnCase(arena, shape, random, four).pack(backend, arena).getFirst();
        assertEquals(backend.packedFfnBytes(four, DType.BF16, 3L * 512 * 256), expert.bytes());
    }

    @Test
    void shouldHaveTheFirstRowsReadyWhileOthersAreComputed() {
        final FfnShape shape = new FfnShape(DType.BF16, 400, 16, 512, 4);
        assertTrue(2L * shape.rows() * shape.hidden() > 2 * DeviceFfnBatch.LEAST_PORTION_BYTES);
        final FfnCase ffn = new FfnCase(arena, shape, random);
        final FfnBatch batch = new Kernels(backend, pool).ffnBatch(arena, shape);
        final List<PackedFfn> weights = ffn.pack(backend, arena);
        final RowBuffer expected = ffn.run(batch, weights, arena);
        final RowBuffer actual = new RowBuffer(arena, DType.BF16, shape.rows(), shape.hidden());
        ffn.start(batch, weights);
        int seen = 0;
        while (seen < shape.rows()) {
            final int done = batch.rowsDone();
            ffn.take(batch, 0, done, actual);
            assertSameRows(expected, actual, seen, done);
            seen = done;
        }
        assertTrue(batch.isDone());
    }

    private void assertSameRows(final RowBuffer expected, final RowBuffer actual, final int from, final int to) {
        assertEquals(-1, MemorySegment.mismatch(expected.segment(), expected.rowOffsetBytes(from),
            expected.rowOffsetBytes(to), actual.segment(), actual.rowOffsetBytes(from), actual.rowOffsetBytes(to)),
            what("rows " + from + " to " + to));
    }

    @Test
    void shouldGiveTheSameBitsWhetherOrNotRowsAreCopied() {
        final FfnShape shape = new FfnShape(DType.BF16, 2100, 3, 1024, 2);
        assertTrue(2L * shape.rows() * shape.hidden() > DeviceFfnBatch.MOST_WRITTEN_BYTES);
        final FfnCase ffn = new FfnCase(arena, shape, random);
        final FfnBatch batch = new Kernels(backend, pool).ffnBatch(arena, shape);
        final List<PackedFfn> weights = ffn.pack(backend, arena);
        final RowBuffer copied = ffn.run(batch, weights, arena);
        assertTrue(batch.deviceCopyNs() > 0);
        final RowBuffer some = new RowBuffer(arena, DType.BF16, shape.rows(), shape.hidden());
        for (int from = 0; from < shape.rows(); from += 300) {
            ffn.run(batch, weights, from, from + 20, some);
            assertEquals(0, batch.deviceCopyNs());
            assertSameRows(copied, some, from, from + 20);
        }
    }

    @Test
    void shouldGiveTheSameBitsForLayersThatTakeTurnsInTheSlots() {
        final List<FfnCase> layers = new ArrayList<>();
        final List<List<PackedFfn>> weights = new ArrayList<>();
        final List<RowBuffer> expected = new ArrayList<>();
        final FfnBatch resident = batch();
        final long expert = DeviceFfn.bytes(WeightFormat.BF16, SHAPE.hidden(), SHAPE.width());
        final CudaBackend small = CudaBackendTest.backend();
        try (Arena its = small.newArena()) {
            small.planWeights(0, 3L * 3 * SHAPE.groups() * SHAPE.hidden() * SHAPE.width() * Short.BYTES, 14 * expert);
            for (int layer = 0; layer < 3; layer++) {
                layers.add(new FfnCase(arena, SHAPE, random).inLayer(layer));
                weights.add(layers.get(layer).pack(small, its));
                expected.add(layers.get(layer).run(resident, layers.get(layer).pack(backend, arena), arena));
            }
            final List<FfnBatch> batches = List.of(new Kernels(small, pool).ffnBatch(its, SHAPE),
                new Kernels(small, pool).ffnBatch(its, SHAPE));
            for (int turn = 0; turn < 12; turn++) {
                final int layer = turn % 3;
                Rows.assertSameBits(expected.get(layer),
                    layers.get(layer).run(batches.get(turn % 2), weights.get(layer), its), what("turn " + turn));
            }
        }
    }

    @Test
    void shouldComputeTwoBatchesSideBySide() {
        final FfnCase one = new FfnCase(arena, SHAPE, random);
        final FfnCase other = new FfnCase(arena, SHAPE, random);
        final List<PackedFfn> oneWeights = one.pack(backend, arena);
        final List<PackedFfn> otherWeights = other.pack(backend, arena);
        final FfnBatch first = batch();
        final FfnBatch second = batch();
        final RowBuffer expectedOne = one.run(first, oneWeights, arena);
        final RowBuffer expectedOther = other.run(first, otherWeights, arena);
        for (int turn = 0; turn < 5; turn++) {
            one.start(first, oneWeights);
            other.start(second, otherWeights);
            Rows.assertSameBits(expectedOther, other.await(second, arena), what("the second"));
            Rows.assertSameBits(expectedOne, one.await(first, arena), what("the first"));
        }
    }

    @Test
    void shouldTakeRowsFromMemoryThatTheGpuDoesNotReach() {
        try (Arena plain = Arena.ofShared()) {
            final FfnCase ffn = new FfnCase(plain, SHAPE, random);
            final FfnBatch batch = batch();
            final List<PackedFfn> weights = ffn.pack(backend, arena);
            final RowBuffer expected = ffn.expected(plain);
            Rows.assertClose(expected, ffn.run(batch, weights, plain), 1e-2, what("plain memory"));
        }
    }

    @Test
    void shouldComputeNothingWhenThereAreNoRows() {
        final FfnCase ffn = new FfnCase(arena, SHAPE, random);
        final FfnBatch batch = batch();
        ffn.run(batch, ffn.pack(backend, arena), 0, 0, new RowBuffer(arena, DType.BF16, 1, SHAPE.hidden()));
        assertEquals(0, batch.rows());
        assertEquals(0, batch.deviceNs());
    }

    @Test
    void shouldTellTheDevicesTime() {
        final FfnCase ffn = new FfnCase(arena, SHAPE, random);
        final FfnBatch batch = batch();
        ffn.run(batch, ffn.pack(backend, arena), arena);
        assertTrue(batch.deviceNs() > 0);
    }

    @Test
    void shouldPackAsTheLayoutSays() {
        final Device device = Device.get();
        final Tensor gate = Rows.weights(arena, DType.BF16, 70, 130, random);
        final Tensor up = Rows.weights(arena, DType.F32, 70, 130, random);
        final Tensor down = Rows.weights(arena, DType.F16, 130, 70, random);
        final DeviceFfn ffn = (DeviceFfn)backend.packFfn(arena, DType.BF16, gate, up, down, Throttle.NONE);
        final MemorySegment packed = new PinnedArena(device).allocate(ffn.bytes(), 8);
        final long stream = device.newStream();
        DriverCalls.copyToHost(packed.address(), ffn.address(), ffn.bytes(), stream);
        DriverCalls.synchronize(stream);
        DriverCalls.destroyStream(stream);
        final PackedBytes expected = new PackedBytes(ffn.bytes());
        expected.put(gate, 0, PackedBytes::gateRow);
        expected.put(up, 0, PackedBytes::upRow);
        expected.put(down, ffn.downOffset(), row -> row);
        assertEquals(-1, packed.mismatch(expected.memory()));
    }

    @Test
    void shouldTellHowMuchTheMachineHasToHold() {
        assertEquals(0, backend.planWeights(1000, 1000, Long.MAX_VALUE));
        assertEquals(9_000_000, backend.planWeights(1_000_000, 10_000_000, 2_000_000));
        assertTrue(backend.numerics().toString().matches("cuda-sm\\d+-1"), backend.numerics()::toString);
    }
}
