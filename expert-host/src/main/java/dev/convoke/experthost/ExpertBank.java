package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.Throttle;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedFfn;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * The experts one host holds, packed for one backend and operand type. Loaded as a whole; afterwards the thread of the
 * one host that serves it may add and remove some. The weights are freed by {@link #close()}, after the host that reads
 * them has stopped.
 */
public final class ExpertBank implements AutoCloseable {
    private static final int MATRICES = 3;
    private static final Comparator<ExpertId> BY_LAYER =
        Comparator.comparingInt(ExpertId::layer).thenComparingInt(ExpertId::index);

    private final ModelFingerprint fingerprint;
    private final ModelConfiguration model;
    private final DType dtype;
    private final HeldExpert[][] held;
    /** Whether rows are taken for an expert that is held. */
    private final boolean[][] serves;
    private volatile List<ExpertId> experts = List.of();
    private volatile long bytes;
    private int heldCount;
    private long revision;

    private ExpertBank(final Checkpoint checkpoint, final DType dtype) {
        this.fingerprint = checkpoint.fingerprint();
        this.model = checkpoint.configuration();
        this.dtype = dtype;
        this.held = new HeldExpert[model.layers()][model.experts()];
        this.serves = new boolean[model.layers()][model.experts()];
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
        final ExpertBank bank = new ExpertBank(checkpoint, dtype);
        try {
            for (final ExpertId expert : ordered) {
                bank.put(HeldExpert.load(checkpoint, backend, dtype, expert, Throttle.NONE));
                progress.onPacked(expertBytes(bank.model, dtype));
            }
        } catch (final RuntimeException | Error e) {
            bank.close();
            throw e;
        }
        bank.experts = List.copyOf(ordered);
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

    private void put(final HeldExpert expert) {
        held[expert.id().layer()][expert.id().index()] = expert;
        serves[expert.id().layer()][expert.id().index()] = true;
        bytes += expert.weights().bytes();
        heldCount++;
    }

    /** Bytes of one expert's weights in the operand type, padding aside. */
    public static long expertBytes(final ModelConfiguration model, final DType dtype) {
        return (long)MATRICES * model.expertWidth() * model.hiddenSize() * dtype.bytes();
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

    /** What rows are taken for, ascending by layer, then index. Any thread. */
    public List<ExpertId> experts() {
        return experts;
    }

    /** Bytes of the packed weights, on whatever device, padding included. Any thread. */
    public long bytes() {
        return bytes;
    }

    /** Bytes that one more expert takes, as far as is known. */
    long expertBytes() {
        return heldCount == 0 ? expertBytes(model, dtype) : Math.ceilDiv(bytes, heldCount);
    }

    /** Rises whenever {@link #experts} changes. */
    long revision() {
        return revision;
    }

    /** Whether rows are taken for an expert; false for one that does not exist. */
    public boolean holds(final int layer, final int expert) {
        return layer >= 0 && layer < serves.length && expert >= 0 && expert < serves[layer].length
            && serves[layer][expert];
    }

    /** What an expert computes with; it must be held, whether or not rows are taken for it. */
    PackedFfn weights(final int layer, final int expert) {
        return held[layer][expert].weights();
    }

    /** Adds an expert, which is the bank's from now on. */
    void install(final HeldExpert expert) {
        put(expert);
        publish();
    }

    /** No more rows are taken for an expert; what was taken can still be computed. */
    void withdraw(final ExpertId expert) {
        serves[expert.layer()][expert.index()] = false;
        publish();
    }

    /** Rows are taken again for an expert that was withdrawn. */
    void restore(final ExpertId expert) {
        serves[expert.layer()][expert.index()] = true;
        publish();
    }

    /** An expert that is held, whether or not rows are taken for it. */
    HeldExpert held(final ExpertId expert) {
        return held[expert.layer()][expert.index()];
    }

    /** Removes an expert that was withdrawn and that nothing computes with; it is the caller's. */
    void remove(final ExpertId expert) {
        bytes -= held(expert).weights().bytes();
        heldCount--;
        held[expert.layer()][expert.index()] = null;
    }

    private void publish() {
        final List<ExpertId> now = new ArrayList<>();
        for (int layer = 0; layer < serves.length; layer++) {
            for (int expert = 0; expert < serves[layer].length; expert++) {
                if (serves[layer][expert]) {
                    now.add(new ExpertId(layer, expert));
                }
            }
        }
        experts = List.copyOf(now);
        revision++;
    }

    @Override
    public void close() {
        for (final HeldExpert[] layer : held) {
            for (int expert = 0; expert < layer.length; expert++) {
                if (layer[expert] != null) {
                    layer[expert].close();
                    layer[expert] = null;
                }
            }
        }
    }
}
