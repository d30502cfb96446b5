package dev.convoke.tensorcuda;

import dev.convoke.core.DType;
import dev.convoke.tensor.PackedFfn;

/**
 * An expert: gate and up packed as one matrix, down behind it. It lies in the GPU's memory for good, or in the
 * machine's and visits a slot of the {@link ExpertStore} when it is wanted.
 *
 * @param format  of all its weights
 * @param address where it lies for good
 * @param visitor its number in the store, or {@link #RESIDENT}
 */
record DeviceFfn(WeightFormat format, int hidden, int width, long address, int visitor) implements PackedFfn {
    /** In the GPU's memory for good. */
    static final int RESIDENT = -1;

    static long bytes(final WeightFormat format, final int hidden, final int width) {
        return downOffset(format, hidden, width)
            + aligned(WeightLayout.plainBytes(format, hidden, width));
    }

    private static long downOffset(final WeightFormat format, final int hidden, final int width) {
        return aligned(WeightLayout.gatedBytes(format, width, hidden));
    }

    private static long aligned(final long bytes) {
        return (bytes + WeightLayout.ALIGNMENT - 1) & -WeightLayout.ALIGNMENT;
    }

    boolean isResident() {
        return visitor == RESIDENT;
    }

    /** Where down begins, behind gate and up. */
    long downOffset() {
        return downOffset(format, hidden, width);
    }

    @Override
    public DType dtype() {
        return DType.BF16;
    }

    @Override
    public long bytes() {
        return bytes(format, hidden, width);
    }
}
