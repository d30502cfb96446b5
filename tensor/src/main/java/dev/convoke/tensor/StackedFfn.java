package dev.convoke.tensor;

import dev.convoke.core.DType;
import dev.convoke.core.Throttle;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Weights for {@link SequentialFfn}.
 *
 * @param gateUp gate stacked on up, [2 x width, hidden]
 * @param down   [hidden, width]
 */
record StackedFfn(PackedMatrix gateUp, PackedMatrix down) implements PackedFfn {
    static StackedFfn pack(final KernelBackend backend, final Arena arena, final DType dtype, final Tensor gate,
        final Tensor up, final Tensor down, final Throttle throttle) {
        return new StackedFfn(backend.pack(arena, dtype, List.of(gate, up), throttle),
            backend.pack(arena, dtype, List.of(down), throttle));
    }

    @Override
    public int hidden() {
        return down.outputs();
    }

    @Override
    public int width() {
        return down.inputs();
    }

    @Override
    public DType dtype() {
        return down.dtype();
    }

    @Override
    public long bytes() {
        return gateUp.bytes() + down.bytes();
    }
}
