package dev.convoke.tensor.vector;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.Int8Products;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.MatrixUnit;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * The canonical numerics on the JDK's Vector API, as wide as the CPU allows. Needs
 * {@code --add-modules=jdk.incubator.vector}; {@code -Dconvoke.vector.bits=128|256|512} forces a width. Products of
 * many rows may be left to a {@link MatrixUnit}.
 */
public final class VectorBackend implements KernelBackend {
    private final MatrixUnit unit;
    private final ThreadLocal<Scratch> scratch;
    private final Int8Products int8Products;

    /** On vectors alone. */
    public VectorBackend() {
        this(MatrixUnit.NONE);
    }

    private VectorBackend(final MatrixUnit unit) {
        this.unit = unit;
        scratch = ThreadLocal.withInitial(() -> new Scratch(unit));
        int8Products = new VectorInt8Products(unit);
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public int preference() {
        return 100;
    }

    @Override
    public String unsupportedReason() {
        return VectorWidth.unsupportedReason();
    }

    @Override
    public String description() {
        return VectorWidth.description();
    }

    @Override
    public long packedBytes(final DType stored, final DType operand, final long elements) {
        return BlockMatrix.keeps(stored, operand)
            ? elements / (TiledMatrix.TILE * RowBuffer.BLOCK) * BlockMatrix.blockBytes(stored)
            : KernelBackend.super.packedBytes(stored, operand, elements);
    }

    @Override
    public int tileOutputs() {
        return TiledMatrix.TILE;
    }

    @Override
    public PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        final PackedMatrix matrix = BlockMatrix.holds(dtype, stacked) ? BlockMatrix.pack(arena, stacked, throttle)
            : TiledMatrix.pack(arena, dtype, stacked, throttle);
        if (dtype == DType.BF16) {
            unit.bf16().ifPresent(product -> product.prepare(Lanes.padded(matrix.inputs()) / 2));
        }
        return matrix;
    }

    @Override
    public Optional<KernelBackend> withMatrixUnit(final MatrixUnit another) {
        return Optional.of(new VectorBackend(another));
    }

    @Override
    public Optional<Int8Products> int8Products() {
        return Optional.of(int8Products);
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        final Scratch mine = scratch.get();
        if (weights.dtype() == DType.BF16 && mine.unitProduct != null && mine.unitProduct.takes(toRow - fromRow)) {
            mine.unitProduct.multiply(weights, x, y, fromRow, toRow, fromTile, toTile);
            return;
        }
        if (weights instanceof final BlockMatrix blocks) {
            mine.blockProduct.multiply(blocks, x, y, fromRow, toRow, fromTile, toTile);
            return;
        }
        final TileProduct product = weights.dtype() == DType.F32 ? mine.floatProduct : mine.bf16Product;
        product.multiply((TiledMatrix)weights, x, y, fromRow, toRow, fromTile, toTile);
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        final VectorRows rows = scratch.get().rows;
        for (int row = fromRow; row < toRow; row++) {
            rows.rmsNorm(x, weight, epsilon, y, row);
        }
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        final VectorRows rows = scratch.get().rows;
        for (int row = fromRow; row < toRow; row++) {
            rows.gatedSilu(gateUp, y, row);
        }
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        final VectorRows rows = scratch.get().rows;
        for (int row = fromRow; row < toRow; row++) {
            rows.rotate(x, firstColumn, table, positions[row], y, row);
        }
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        final VectorRows rows = scratch.get().rows;
        for (int row = fromRow; row < toRow; row++) {
            rows.round(x, firstColumn, y, row);
        }
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        final Scratch mine = scratch.get();
        final PageKernel kernel = batch.pages().dtype() == DType.F32 ? mine.floatPages : mine.bf16Pages;
        final int kvHeads = batch.pages().kvHeads();
        for (int item = fromItem; item < toItem; item++) {
            VectorAttention.attend(batch, item / kvHeads, item % kvHeads, kernel, mine.attention);
        }
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        final VectorRows rows = scratch.get().rows;
        for (int row = fromRow; row < toRow; row++) {
            rows.combine(slotRows, weights, slots, residual, row);
        }
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        final VectorRows rows = scratch.get().rows;
        for (int row = fromRow; row < toRow; row++) {
            rows.add(x, residual, row);
        }
    }

    /** What a thread keeps between calls. */
    private static final class Scratch {
        private final Bf16UnitProduct unitProduct;
        private final TileProduct bf16Product = new Bf16TileProduct();
        private final BlockProduct blockProduct = new BlockProduct();
        private final TileProduct floatProduct = new FloatTileProduct();
        private final PageKernel bf16Pages = new Bf16PageKernel();
        private final PageKernel floatPages = new FloatPageKernel();
        private final AttentionState attention = new AttentionState();
        private final VectorRows rows = new VectorRows();

        Scratch(final MatrixUnit unit) {
            unitProduct = unit.bf16().map(Bf16UnitProduct::new).orElse(null);
        }
    }
}
