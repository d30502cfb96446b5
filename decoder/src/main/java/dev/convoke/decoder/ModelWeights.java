package dev.convoke.decoder;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A checkpoint's tensors in the form a model computes with. Shapes are checked; so are the values that would spoil
 * every row: norms and routers.
 */
public final class ModelWeights {
    private static final long ALIGNMENT = 64;

    private final Checkpoint checkpoint;
    private final KernelBackend backend;
    private final Arena arena;
    private final DType dtype;
    private final LoadProgress progress;
    private long bytes;

    /** Packs into the arena, rounding to the operand type; {@code progress} hears of all that is packed. */
    public ModelWeights(final Checkpoint checkpoint, final KernelBackend backend, final Arena arena,
        final DType dtype, final LoadProgress progress) {
        this.checkpoint = checkpoint;
        this.backend = backend;
        this.arena = arena;
        this.dtype = dtype;
        this.progress = progress;
    }

    /** Sizes and constants. */
    public ModelConfiguration configuration() {
        return checkpoint.configuration();
    }

    /** Operand type. */
    public DType dtype() {
        return dtype;
    }

    /** Memory of what was packed so far, padding included. */
    long bytes() {
        return bytes;
    }

    /** A tensor as the checkpoint has it. */
    public Tensor tensor(final String name, final long... shape) {
        return checkpoint.tensor(name, shape);
    }

    /** A matrix [outputs, inputs] for products. */
    public PackedMatrix matrix(final String name, final int outputs, final int inputs) {
        return stacked(List.of(tensor(name, outputs, inputs)));
    }

    /** Matrices of equal inputs whose outputs follow one another. */
    public PackedMatrix stacked(final List<Tensor> matrices) {
        return packed(backend.pack(arena, dtype, matrices));
    }

    private PackedMatrix packed(final PackedMatrix packed) {
        bytes += packed.bytes();
        progress.onPacked((long)packed.outputs() * packed.inputs() * dtype.bytes());
        return packed;
    }

    /** A router: its values must be finite, and keep the operand type's precision whatever products have. */
    public PackedMatrix router(final String name, final int experts, final int inputs) {
        final Tensor tensor = tensor(name, experts, inputs);
        checkFinite(tensor);
        return packed(backend.packExact(arena, dtype, List.of(tensor)));
    }

    /** A vector in f32 whose values must be finite, 64-byte aligned. */
    public MemorySegment finiteVector(final String name, final int elements) {
        final Tensor tensor = tensor(name, elements);
        checkFinite(tensor);
        final MemorySegment vector = arena.allocate((long)elements * Float.BYTES, ALIGNMENT);
        for (int i = 0; i < elements; i++) {
            vector.setAtIndex(ValueLayout.JAVA_FLOAT, i, tensor.at(i));
        }
        bytes += vector.byteSize();
        progress.onPacked(vector.byteSize());
        return vector;
    }

    private void checkFinite(final Tensor tensor) {
        final long index = tensor.firstNonFinite();
        if (index >= 0) {
            throw new CheckpointException("Tensor " + tensor.name() + " in " + checkpoint.fileOf(tensor.name())
                + " holds " + tensor.at(index) + " at element " + index + "; the file is damaged, fetch it again.");
        }
    }
}
