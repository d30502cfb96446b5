package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A matrix of 8-bit floats with a scale for each 128 x 128 of it in a tensor beside it (DeepSeek-AI, 2024), brought
 * into blocks along its rows that each have their scale: a copy, since the file has the two apart.
 */
final class BlockScaledMatrix {
    /** Behind the name of the matrix, the name of its scales. */
    static final String SCALES = "_scale_inv";
    /** Rows and columns that share a scale. */
    static final int EXTENT = 128;

    private static final String CODES = "F8_E4M3";
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private BlockScaledMatrix() {
    }

    /** Whether a tensor is the codes of one. */
    static boolean isIn(final SafetensorsFile file, final String name) {
        return file.dtype(name).equals(CODES);
    }

    /**
     * Reads all of it.
     *
     * @param scalesFile that has the scales
     * @throws CheckpointException if the two do not belong together, or rows are no whole blocks
     */
    static Tensor read(final SafetensorsFile file, final SafetensorsFile scalesFile, final String name) {
        final long[] shape = file.shape(name);
        final Tensor scales = scalesFile.tensor(name + SCALES);
        if (shape.length != 2 || shape[1] % EXTENT != 0) {
            throw new CheckpointException(file.path() + ": tensor '" + name + "' of shape " + Arrays.toString(shape)
                + " is F8_E4M3; Convoke reads matrices of that type whose rows are a multiple of " + EXTENT
                + " long, so use the unquantised model.");
        }
        final long[] expected = {(shape[0] + EXTENT - 1) / EXTENT, shape[1] / EXTENT};
        if (!Arrays.equals(scales.shape(), expected)) {
            throw new CheckpointException(scalesFile.path() + ": tensor '" + name + SCALES + "' has shape "
                + Arrays.toString(scales.shape()) + ", but the scales of " + Arrays.toString(shape) + " are "
                + Arrays.toString(expected) + "; download the files again.");
        }
        final MemorySegment codes = file.bytes(name);
        final long blocks = codes.byteSize() / EXTENT;
        final MemorySegment joined = Arena.ofAuto().allocate(DType.F8_E4M3.bytesOf(codes.byteSize()));
        final long columns = expected[1];
        for (long block = 0; block < blocks; block++) {
            final long at = block * DType.F8_E4M3.blockBytes();
            final long row = block / columns;
            joined.set(FLOAT, at, scales.at(row / EXTENT * columns + block % columns));
            MemorySegment.copy(codes, block * EXTENT, joined, at + Float.BYTES, EXTENT);
        }
        return new Tensor(name, DType.F8_E4M3, shape, joined);
    }
}
