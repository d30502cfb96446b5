package dev.convoke.tensor.vector;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Lays a matrix out as {@code [tiles][words of an output][32 outputs]}, words of four bytes: collects the outputs of a
 * tile one after the other, then writes them side by side, a small square at a time, so that neither reading nor
 * writing leaves the first-level cache. One thread's.
 */
final class TileWriter {
    /** Words of each output that are turned at a time; a block of 32 inputs is one or more of them in every type. */
    private static final int SQUARE = 8;

    private final MemorySegment to;
    /** Of an output. */
    private final int count;
    /** [32 outputs][words]. */
    private final int[] words;
    /** [SQUARE][32 outputs]. */
    private final int[] square = new int[SQUARE * TiledMatrix.TILE];
    private long offset;
    private int output;

    /**
     * Writes from the beginning of a segment.
     *
     * @param wordsOfOutput a multiple of eight
     */
    TileWriter(final MemorySegment to, final int wordsOfOutput) {
        this.to = to;
        count = wordsOfOutput;
        words = new int[TiledMatrix.TILE * wordsOfOutput];
    }

    /** Where the words of the next output go, from {@link #at} on. */
    int[] words() {
        return words;
    }

    int at() {
        return output * count;
    }

    /** The words of an output are in place. */
    void advance() {
        if (++output == TiledMatrix.TILE) {
            writeTile();
        }
    }

    /** Writes the last tile, whose missing outputs are zeros. */
    void close() {
        if (output > 0) {
            Arrays.fill(words, at(), words.length, 0);
            writeTile();
        }
    }

    private void writeTile() {
        for (int word = 0; word < count; word += SQUARE) {
            turn(word);
            MemorySegment.copy(square, 0, to, Lanes.INT, offset, square.length);
            offset += (long)square.length * Integer.BYTES;
        }
        output = 0;
    }

    private void turn(final int word) {
        for (int o = 0; o < TiledMatrix.TILE; o++) {
            for (int i = 0; i < SQUARE; i++) {
                square[i * TiledMatrix.TILE + o] = words[o * count + word + i];
            }
        }
    }
}
