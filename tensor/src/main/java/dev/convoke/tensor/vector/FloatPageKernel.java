package dev.convoke.tensor.vector;

import static dev.convoke.tensor.vector.Lanes.all;
import static dev.convoke.tensor.vector.Lanes.floats;

import dev.convoke.core.DType;
import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** f32 pages. A lane of keys is one dimension of a token, a lane of values one dimension. */
final class FloatPageKernel implements PageKernel {
    private static final long KEY_BYTES = (long)KvPages.PAGE_TOKENS * Float.BYTES;

    @Override
    public void score(final MemorySegment segment, final long keys, final AttentionState state, final int head,
        final float scale) {
        final float[] query = state.queries();
        final int from = head * state.paddedHeadDim();
        for (int vector = 0; vector < KvPages.PAGE_TOKENS / Lanes.COUNT; vector++) {
            final long keysOfVector = keys + (long)vector * Lanes.BYTES;
            FloatVector accumulator = Lanes.zero();
            for (int block = 0; block < state.paddedHeadDim(); block += RowBuffer.BLOCK) {
                FloatVector even = Lanes.zero();
                FloatVector odd = Lanes.zero();
                for (int d = block; d < block + RowBuffer.BLOCK; d += 2) {
                    final long key = keysOfVector + d * KEY_BYTES;
                    even = all(query[from + d]).fma(floats(segment, key), even);
                    odd = all(query[from + d + 1]).fma(floats(segment, key + KEY_BYTES), odd);
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
        final long tokenBytes = (long)state.paddedHeadDim() * Float.BYTES;
        final int end = state.endToken();
        for (int d = 0; d < state.paddedHeadDim(); d += 2 * Lanes.COUNT) {
            final int at = head * state.paddedHeadDim() + d;
            FloatVector low = floats(outputs, at).mul(correction);
            FloatVector high = floats(outputs, at + Lanes.COUNT).mul(correction);
            for (int token = state.firstToken(); token < end; token++) {
                final long value = values + token * tokenBytes + (long)d * Float.BYTES;
                final FloatVector p = all(probabilities[token]);
                low = p.fma(floats(segment, value), low);
                high = p.fma(floats(segment, value + Lanes.BYTES), high);
            }
            low.intoArray(outputs, at);
            high.intoArray(outputs, at + Lanes.COUNT);
        }
    }

    @Override
    public void finish(final AttentionState state, final int head, final float sum, final RowBuffer outputs,
        final int row, final int firstColumn) {
        final int from = head * state.paddedHeadDim();
        final long at = (long)row * outputs.stride() + firstColumn;
        int d = 0;
        for (; d + Lanes.COUNT <= state.headDim(); d += Lanes.COUNT) {
            Lanes.store(floats(state.outputs(), from + d).div(sum), outputs.segment(), DType.F32, at + d);
        }
        for (; d < state.headDim(); d++) {
            outputs.set(row, firstColumn + d, state.outputs()[from + d] / sum);
        }
    }
}
