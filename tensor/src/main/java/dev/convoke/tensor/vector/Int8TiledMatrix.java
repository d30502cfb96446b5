package dev.convoke.tensor.vector;

import dev.convoke.core.Throttle;
import dev.convoke.tensor.Int8;
import dev.convoke.tensor.Int8Matrix;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Codes in tiles of 32 outputs, the same for every vector width. A lane holds four inputs of one output, the first
 * lowest.
 *
 * @param codes  [tiles][inputs / 4][32 outputs][4], inputs padded with zeros to a multiple of 64
 * @param scales [outputs] f32, padded with zeros to whole tiles
 * @param excess [outputs], likewise: what a sum over inputs whose codes are {@value RowCodes#SHIFT} more has too much
 */
record Int8TiledMatrix(int outputs, int inputs, MemorySegment codes, MemorySegment scales, MemorySegment excess)
    implements Int8Matrix {
    /** From four inputs of a tile to the next four. */
    static final long WORD_BYTES = (long)TiledMatrix.TILE * Integer.BYTES;
    /** Codes of a word. */
    static final int WORD_CODES = 4;
    /** Words of an output in a tile are a multiple of this. */
    private static final int WHOLE_WORDS = 16;

    static Int8TiledMatrix pack(final Arena arena, final List<Tensor> stacked, final Throttle throttle) {
        final int outputs = PackedMatrix.stackedOutputs(stacked);
        final int inputs = PackedMatrix.stackedInputs(stacked);
        final int padded = Lanes.padded(outputs);
        final Int8TiledMatrix matrix = new Int8TiledMatrix(outputs, inputs,
            arena.allocate((long)padded * tileWords(inputs) * WORD_CODES, 64),
            arena.allocate((long)padded * Float.BYTES, 64), arena.allocate((long)padded * Integer.BYTES, 64));
        final TileWriter writer = new TileWriter(matrix.codes, matrix.tileWords());
        final float[] weights = new float[inputs];
        int output = 0;
        for (final Tensor tensor : stacked) {
            for (long row = 0; row < tensor.shape()[0]; row++, output++) {
                tensor.read(row * inputs, weights, inputs);
                final float largest = Int8.largest(weights, inputs);
                matrix.scales.setAtIndex(Lanes.FLOAT, output, Int8.scale(largest));
                final int sum = encode(weights, Int8.inverse(largest), writer.words(), writer.at());
                matrix.excess.setAtIndex(Lanes.INT, output, RowCodes.SHIFT * sum);
                writer.advance();
                throttle.onPortion();
            }
        }
        writer.close();
        return matrix;
    }

    /** Returns the sum of the codes. */
    private static int encode(final float[] weights, final float inverse, final int[] words, final int at) {
        int sum = 0;
        for (int k = 0; k < weights.length; k += WORD_CODES) {
            int word = 0;
            for (int i = k; i < Math.min(weights.length, k + WORD_CODES); i++) {
                final int code = Int8.code(weights[i], inverse);
                word |= (code & 0xFF) << (i - k) * Byte.SIZE;
                sum += code;
            }
            words[at + k / WORD_CODES] = word;
        }
        return sum;
    }

    /** Of an output, as far as an input row goes. */
    int words() {
        return Lanes.padded(inputs) / WORD_CODES;
    }

    /** Of an output in a tile. */
    int tileWords() {
        return tileWords(inputs);
    }

    private static int tileWords(final int inputs) {
        return Math.ceilDiv(inputs, WHOLE_WORDS * WORD_CODES) * WHOLE_WORDS;
    }

    /** Where a tile begins. */
    long tileOffsetBytes(final int tile) {
        return tile * tileWords() * WORD_BYTES;
    }

    @Override
    public long bytes() {
        return codes.byteSize() + scales.byteSize() + excess.byteSize();
    }
}
