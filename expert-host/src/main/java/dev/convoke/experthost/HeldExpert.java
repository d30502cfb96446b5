package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Throttle;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.PackedFfn;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * One expert's weights, packed, and the memory they lie in; it has one owner at a time, who closes it once nothing
 * computes with it.
 */
record HeldExpert(ExpertId id, PackedFfn weights, Arena arena) implements AutoCloseable {
    /**
     * Reads and packs one expert, in small portions; a {@link CheckpointException} names file and tensor of what is not
     * finite.
     */
    static HeldExpert load(final Checkpoint checkpoint, final KernelBackend backend, final DType dtype,
        final ExpertId id, final Throttle throttle) {
        final ExpertTensors tensors = checkpoint.expert(id);
        for (final Tensor tensor : List.of(tensors.gate(), tensors.up(), tensors.down())) {
            checkFinite(checkpoint, tensor, throttle);
        }
        final Arena arena = backend.newArena();
        try {
            return new HeldExpert(id, backend.packFfn(arena, dtype, tensors.gate(), tensors.up(), tensors.down(),
                throttle), arena);
        } catch (final RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static void checkFinite(final Checkpoint checkpoint, final Tensor tensor, final Throttle throttle) {
        final long index = tensor.firstNonFinite(throttle);
        if (index >= 0) {
            throw new CheckpointException(checkpoint.fileOf(tensor.name()) + ": tensor " + tensor.name() + " holds "
                + tensor.at(index) + " at element " + index + "; weights must be finite, so fetch the file again.");
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
