package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.PackedFfn;

/**
 * An expert: gate and up packed as one matrix, down behind it. It lies in the GPU's memory for good, or in the
 * machine's and visits a slot of the {@link ExpertStore} when it is wanted.
 *
 * @param address where it lies for good
 * @param visitor its number in the store, or {@link #RESIDENT}
 */
record DeviceFfn(int hidden, int width, long address, int visitor) implements PackedFfn {
    /** In the GPU's memory for good. */
    static final int RESIDENT = -1;

    static long bytes(final int hidden, final int width) {
        return WeightLayout.gatedBytes(width, hidden) + WeightLayout.plainBytes(hidden, width);
    }

    boolean isResident() {
        return visitor == RESIDENT;
    }

    /** Where down begins, behind gate and up. */
    long downOffset() {
        return WeightLayout.gatedBytes(width, hidden);
    }

    @Override
    public DType dtype() {
        return DType.BF16;
    }

    @Override
    public long bytes() {
        return bytes(hidden, width);
    }
}
