package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * The experts one host holds, packed for one backend and operand type. Immutable once loaded and readable by any
 * thread; the weights are freed by {@link #close()}, after every host that reads them has stopped.
 */
public final class ExpertBank implements AutoCloseable {
    private static final int MATRICES = 3;
    private static final Comparator<ExpertId> BY_LAYER =
        Comparator.comparingInt(ExpertId::layer).thenComparingInt(ExpertId::index);

    private final Arena arena;
    private final ModelFingerprint fingerprint;
    private final ModelConfiguration model;
    private final DType dtype;
    private final List<ExpertId> experts;
    private final PackedFfn[][] weights;
    private long bytes;

    private ExpertBank(final Checkpoint checkpoint, final Arena arena, final DType dtype,
        final List<ExpertId> experts) {
        this.arena = arena;
        this.fingerprint = checkpoint.fingerprint();
        this.model = checkpoint.configuration();
        this.dtype = dtype;
        this.experts = experts;
        this.weights = new PackedFfn[model.layers()][model.experts()];
    }

    /**
     * Packs the listed experts and reads nothing else of the checkpoint, which may be closed afterwards. Experts listed
     * twice are held once. A {@link CheckpointException} names file and tensor when a weight is NaN or infinite.
     *
     * @param dtype    operand type, F32 or BF16
     * @param progress hears of every expert that is packed
     */
    public static ExpertBank load(final Checkpoint checkpoint, final KernelBackend backend, final DType dtype,
        final Collection<ExpertId> experts, final LoadProgress progress) {
        final TreeSet<ExpertId> ordered = new TreeSet<>(BY_LAYER);
        ordered.addAll(experts);
        ordered.forEach(expert -> checkExists(checkpoint, expert));
        final ExpertBank bank = new ExpertBank(checkpoint, backend.newArena(), dtype, List.copyOf(ordered));
        try {
            bank.packAll(checkpoint, backend, progress);
        } catch (final RuntimeException | Error e) {
            bank.close();
            throw e;
        }
        return bank;
    }

    /** What a placement gives to a host, layer by layer. */
    public static List<ExpertId> expertsOf(final Placement placement, final int host) {
        final List<ExpertId> held = new ArrayList<>();
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                if (placement.holds(host, layer, expert)) {
                    held.add(new ExpertId(layer, expert));
                }
            }
        }
        return held;
    }

    private static void checkExists(final Checkpoint checkpoint, final ExpertId expert) {
        final ModelConfiguration model = checkpoint.configuration();
        if (expert.layer() < 0 || expert.layer() >= model.layers()
            || expert.index() < 0 || expert.index() >= model.experts()) {
            throw new ConfigurationException("There is no " + expert + " in " + checkpoint.path() + ", which has "
                + model.layers() + " layers of " + model.experts() + " experts; correct the placement.");
        }
    }

    private void packAll(final Checkpoint checkpoint, final KernelBackend backend, final LoadProgress progress) {
        for (final ExpertId expert : experts) {
            final ExpertTensors tensors = checkpoint.expert(expert);
            checkFinite(checkpoint, tensors);
            final PackedFfn packed = backend.packFfn(arena, dtype, tensors.gate(), tensors.up(), tensors.down());
            weights[expert.layer()][expert.index()] = packed;
            bytes += packed.bytes();
            progress.onPacked(expertBytes(model, dtype));
        }
    }

    /** Bytes of one expert's weights in the operand type, padding aside. */
    public static long expertBytes(final ModelConfiguration model, final DType dtype) {
        return (long)MATRICES * model.expertWidth() * model.hiddenSize() * dtype.bytes();
    }

    private static void checkFinite(final Checkpoint checkpoint, final ExpertTensors tensors) {
        for (final Tensor tensor : List.of(tensors.gate(), tensors.up(), tensors.down())) {
            checkFinite(checkpoint, tensor);
        }
    }

    private static void checkFinite(final Checkpoint checkpoint, final Tensor tensor) {
        final long index = tensor.firstNonFinite();
        if (index >= 0) {
            throw new CheckpointException(checkpoint.fileOf(tensor.name()) + ": tensor " + tensor.name() + " holds "
                + tensor.at(index) + " at element " + index + "; weights must be finite, so fetch the file again.");
        }
    }

    /** Identity of the model the weights are from. */
    public ModelFingerprint fingerprint() {
        return fingerprint;
    }

    /** Sizes of the model the weights are from. */
    public ModelConfiguration model() {
        return model;
    }

    /** Operand type the weights are packed for. */
    public DType dtype() {
        return dtype;
    }

    /** What is held, ascending by layer, then index. */
    public List<ExpertId> experts() {
        return experts;
    }

    /** Bytes of the packed weights, on whatever device, padding included. */
    public long bytes() {
        return bytes;
    }

    /** Whether an expert is held; false for one that does not exist. */
    public boolean holds(final int layer, final int expert) {
        return layer >= 0 && layer < weights.length && expert >= 0 && expert < weights[layer].length
            && weights[layer][expert] != null;
    }

    /** What an expert computes with; it must be held. */
    PackedFfn weights(final int layer, final int expert) {
        return weights[layer][expert];
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
