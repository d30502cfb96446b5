package dev.convoke.tensor.vector;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;
import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** f32 pages. A lane of keys is one dimension of a token, a lane of values one dimension. */
final class FloatPageKernel implements PageKernel {
    private static final long KEY_BYTES = (long)PAGE_TOKENS * Float.BYTES;

    @Override
    public void score(final MemorySegment segment, final long keys, final float[] query, final int at,
        final int headDim, final float scale, final float[] scores) {
        for (int token = 0; token < PAGE_TOKENS; token += Lanes.COUNT) {
            final long tokenKeys = keys + (long)token * Float.BYTES;
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int block = 0; block < headDim; block += RowBuffer.BLOCK) {
                FloatVector even = FloatVector.zero(FLOATS);
                FloatVector odd = FloatVector.zero(FLOATS);
                for (int d = block; d < block + RowBuffer.BLOCK; d += 2) {
                    final long key = tokenKeys + d * KEY_BYTES;
                    final FloatVector evenKey = FloatVector.fromMemorySegment(FLOATS, segment, key, ORDER);
                    final FloatVector oddKey = FloatVector.fromMemorySegment(FLOATS, segment, key + KEY_BYTES, ORDER);
                    even = FloatVector.broadcast(FLOATS, query[at + d]).fma(evenKey, even);
                    odd = FloatVector.broadcast(FLOATS, query[at + d + 1]).fma(oddKey, odd);
                }
                sum = sum.add(even.add(odd));
            }
            sum.mul(scale).intoArray(scores, token);
        }
    }

    @Override
    public void accumulate(final MemorySegment segment, final long values, final AttentionState state, final int head,
        final float correction) {
        final float[] sums = state.sums();
        final float[] probabilities = state.probabilities();
        final int headDim = state.paddedHeadDim();
        final long tokenBytes = (long)headDim * Float.BYTES;
        final int first = state.firstToken();
        final int end = state.endToken();
        for (int d = 0; d < headDim; d += 2 * Lanes.COUNT) {
            final int at = head * headDim + d;
            final long dValues = values + (long)d * Float.BYTES;
            FloatVector low = FloatVector.fromArray(FLOATS, sums, at).mul(correction);
            FloatVector high = FloatVector.fromArray(FLOATS, sums, at + Lanes.COUNT).mul(correction);
            for (int token = first; token < end; token++) {
                final long value = dValues + token * tokenBytes;
                final FloatVector p = FloatVector.broadcast(FLOATS, probabilities[token]);
                low = p.fma(FloatVector.fromMemorySegment(FLOATS, segment, value, ORDER), low);
                high = p.fma(FloatVector.fromMemorySegment(FLOATS, segment, value + Lanes.BYTES, ORDER), high);
            }
            low.intoArray(sums, at);
            high.intoArray(sums, at + Lanes.COUNT);
        }
    }

    @Override
    public int sumIndex(final int d, final int headDim) {
        return d;
    }
}
