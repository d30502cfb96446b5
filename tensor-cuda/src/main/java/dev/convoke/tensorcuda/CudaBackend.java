package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.core.NumericsId;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.FfnBatch;
import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Kernels on the first NVIDIA GPU that the process sees, in bf16 with f32 sums; experts in eight or four bits stay so.
 * Made for expert hosts: a grouped FFN is a launch or a few, and copies and further batches go on beside it. A
 * decoder's operations work, too, each complete before the next. The GPU is opened when it is first needed.
 */
public final class CudaBackend implements KernelBackend {
    private static final int BATCHES = 2;
    private static final int PREFERENCE = 200;
    /** More than a matrix has: the kernels cut a product into tiles themselves. */
    private static final int ALL_OUTPUTS = 1 << 30;

    private final ThreadLocal<DeviceOperations> operations =
        ThreadLocal.withInitial(() -> new DeviceOperations(Device.get()));
    private DriverProbe probe;
    private DeviceArena memory;
    private WeightPacker packer;
    private ExpertStore experts;

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int preference() {
        return PREFERENCE;
    }

    @Override
    public String unsupportedReason() {
        return KernelImage.isPresent() ? probe().unsupportedReason() : "this build carries no CUDA kernels";
    }

    private synchronized DriverProbe probe() {
        if (probe == null) {
            probe = DriverProbe.of(KernelImage.DRIVER_VERSION, KernelImage.CAPABILITY);
        }
        return probe;
    }

    @Override
    public String description() {
        return probe().description();
    }

    @Override
    public NumericsId numerics() {
        return NumericsId.cuda(probe().capability(), NumericsId.CUDA_EDITION);
    }

    @Override
    public boolean takes(final DType operand) {
        return operand == DType.BF16;
    }

    @Override
    public boolean spreads() {
        return false;
    }

    @Override
    public Arena newArena() {
        return new PinnedArena(Device.get());
    }

    private synchronized ExpertStore experts() {
        if (experts == null) {
            experts = new ExpertStore(Device.get(), memory(), packer());
        }
        return experts;
    }

    private synchronized DeviceArena memory() {
        if (memory == null) {
            final Device device = Device.get();
            memory = new DeviceArena(device::allocate, device::free);
        }
        return memory;
    }

    private synchronized WeightPacker packer() {
        if (packer == null) {
            packer = new WeightPacker(Device.get());
        }
        return packer;
    }

    @Override
    public long packedFfnBytes(final List<DType> stored, final DType operand, final long elements) {
        return WeightFormat.of(stored).bytes(elements);
    }

    @Override
    public long planWeights(final long matrixBytes, final long ffnBytes, final long deviceBytes) {
        return experts().plan(matrixBytes, ffnBytes, deviceBytes);
    }

    @Override
    public int tileOutputs() {
        return ALL_OUTPUTS;
    }

    @Override
    public synchronized PackedMatrix pack(final Arena arena, final DType dtype, final List<Tensor> stacked,
        final Throttle throttle) {
        Device.get();
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        final long bytes = WeightLayout.plainBytes(WeightFormat.BF16, outputs, inputs);
        final long address = memory().allocate(bytes);
        if (address == 0) {
            throw new DeviceException("The GPU has no " + bytes + " bytes of memory left for weights; hold fewer "
                + "experts on it (--device-memory), or choose another backend for the decoder.");
        }
        ExpertStore.onClose(arena, () -> memory().free(address));
        packer().clear(address, bytes);
        int row = 0;
        for (final Tensor tensor : stacked) {
            packer().pack(WeightFormat.BF16, address, tensor, WeightPacker.Placement.PLAIN, row, throttle);
            row += Math.toIntExact(tensor.shape()[0]);
        }
        packer().finish();
        return new DeviceMatrix(outputs, inputs, address);
    }

    @Override
    public synchronized PackedFfn packFfn(final Arena arena, final DType dtype, final Tensor gate, final Tensor up,
        final Tensor down, final Throttle throttle) {
        Device.get();
        return experts().pack(arena, gate, up, down, throttle);
    }

    @Override
    public FfnBatch ffnBatch(final Arena arena, final FfnShape shape, final Kernels kernels) {
        return new DeviceFfnBatch(Device.get(), experts(), arena, shape);
    }

    @Override
    public int ffnBatches() {
        return BATCHES;
    }

    @Override
    public void matmul(final PackedMatrix weights, final RowBuffer x, final RowBuffer y, final int fromRow,
        final int toRow, final int fromTile, final int toTile) {
        if (fromRow < toRow && fromTile < toTile) {
            operations.get().matmul((DeviceMatrix)weights, x, y, fromRow, toRow);
        }
    }

    @Override
    public void rmsNorm(final RowBuffer x, final MemorySegment weight, final float epsilon, final RowBuffer y,
        final int fromRow, final int toRow) {
        operations.get().rmsNorm(x, weight, epsilon, y, fromRow, toRow);
    }

    @Override
    public void gatedSilu(final RowBuffer gateUp, final RowBuffer y, final int fromRow, final int toRow) {
        operations.get().gatedSilu(gateUp, y, fromRow, toRow);
    }

    @Override
    public void rotate(final RowBuffer x, final int firstColumn, final RotaryTable table, final int[] positions,
        final RowBuffer y, final int fromRow, final int toRow) {
        operations.get().rotate(x, firstColumn, table, positions, y, fromRow, toRow);
    }

    @Override
    public void round(final RowBuffer x, final int firstColumn, final RowBuffer y, final int fromRow,
        final int toRow) {
        operations.get().round(x, firstColumn, y, fromRow, toRow);
    }

    @Override
    public void attend(final AttentionBatch batch, final int fromItem, final int toItem) {
        final int kvHeads = batch.pages().kvHeads();
        operations.get().attend(batch, fromItem / kvHeads, Math.ceilDiv(toItem, kvHeads));
    }

    @Override
    public void combine(final RowBuffer slotRows, final float[] weights, final int slots, final RowBuffer residual,
        final int fromRow, final int toRow) {
        operations.get().combine(slotRows, weights, slots, residual, fromRow, toRow);
    }

    @Override
    public void add(final RowBuffer x, final RowBuffer residual, final int fromRow, final int toRow) {
        operations.get().add(x, residual, fromRow, toRow);
    }
}
