package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.all;
import static dev.convoke.tensor.vector.Lanes.even;
import static dev.convoke.tensor.vector.Lanes.floats;
import static dev.convoke.tensor.vector.Lanes.odd;
import static dev.convoke.tensor.vector.Lanes.pairs;

import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * bf16 pages. A lane of keys is a pair of dimensions of one token; a lane of values is a pair of dimensions too, so
 * outputs accumulate as a half of even and a half of odd dimensions.
 */
final class Bf16PageKernel implements PageKernel {
    private static final long KEY_PAIR_BYTES = 2L * KvPages.PAGE_TOKENS * Short.BYTES;

    @Override
    public void score(final MemorySegment segment, final long keys, final AttentionState state, final int head,
        final float scale) {
        final float[] query = state.queries();
        final int half = state.paddedHeadDim() / 2;
        final int from = head * state.paddedHeadDim();
        for (int vector = 0; vector < KvPages.PAGE_TOKENS / Lanes.COUNT; vector++) {
            final long keysOfVector = keys + (long)vector * Lanes.BYTES;
            FloatVector accumulator = Lanes.zero();
            for (int block = 0; block < half; block += BLOCK_PAIRS) {
                FloatVector even = Lanes.zero();
                FloatVector odd = Lanes.zero();
                for (int pair = block; pair < block + BLOCK_PAIRS; pair++) {
                    final IntVector key = pairs(segment, keysOfVector + pair * KEY_PAIR_BYTES);
                    even = all(query[from + 2 * pair]).fma(even(key), even);
                    odd = all(query[from + 2 * pair + 1]).fma(odd(key), odd);
                }
                accumulator = accumulator.add(even.add(odd));
            }
            state.score(vector, accumulator, scale);
        }
    }

    @Override
    public void accumulate(final MemorySegment segment, final long values, final AttentionState state, final int head,
        final float correction) {
        final float[] outputs = state.outputs();
        final float[] probabilities = state.probabilities();
        final int half = state.paddedHeadDim() / 2;
        final long tokenBytes = (long)state.paddedHeadDim() * Short.BYTES;
        final int end = state.endToken();
        for (int pair = 0; pair < half; pair += Lanes.COUNT) {
            final int evenAt = head * 2 * half + pair;
            FloatVector even = floats(outputs, evenAt).mul(correction);
            FloatVector odd = floats(outputs, evenAt + half).mul(correction);
            for (int token = state.firstToken(); token < end; token++) {
                final IntVector value = pairs(segment, values + token * tokenBytes + pair * 4L);
                final FloatVector p = all(probabilities[token]);
                even = p.fma(even(value), even);
                odd = p.fma(odd(value), odd);
            }
            even.intoArray(outputs, evenAt);
            odd.intoArray(outputs, evenAt + half);
        }
    }

    @Override
    public void finish(final AttentionState state, final int head, final float sum, final RowBuffer outputs,
        final int row, final int firstColumn) {
        final int half = state.paddedHeadDim() / 2;
        final int evenAt = head * 2 * half;
        final long at = outputs.rowOffsetBytes(row) + (long)firstColumn * Short.BYTES;
        int pair = 0;
        for (; pair + Lanes.COUNT <= state.headDim() / 2; pair += Lanes.COUNT) {
            Lanes.storePairs(floats(state.outputs(), evenAt + pair).div(sum),
                floats(state.outputs(), evenAt + half + pair).div(sum), outputs.segment(), at + pair * 4L);
        }
        for (; pair < state.headDim() / 2; pair++) {
            outputs.set(row, firstColumn + 2 * pair, state.outputs()[evenAt + pair] / sum);
            outputs.set(row, firstColumn + 2 * pair + 1, state.outputs()[evenAt + half + pair] / sum);
        }
    }
}
