package dev.convoke.tensor.vector;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;
import static dev.convoke.tensor.vector.Lanes.FLOATS;
import static dev.convoke.tensor.vector.Lanes.HALF_BITS;
import static dev.convoke.tensor.vector.Lanes.HIGH_HALF;
import static dev.convoke.tensor.vector.Lanes.INTS;
import static dev.convoke.tensor.vector.Lanes.ORDER;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * bf16 pages. A lane of keys is a pair of dimensions of one token; a lane of values is a pair of dimensions too, so the
 * sums are a half of even and a half of odd dimensions.
 */
final class Bf16PageKernel implements PageKernel {
    private static final long PAIR_BYTES = 2L * Short.BYTES;
    private static final long KEY_PAIR_BYTES = PAGE_TOKENS * PAIR_BYTES;

    @Override
    public void score(final MemorySegment segment, final long keys, final float[] query, final int at,
        final int headDim, final float scale, final float[] scores) {
        for (int token = 0; token < PAGE_TOKENS; token += Lanes.COUNT) {
            final long tokenKeys = keys + token * PAIR_BYTES;
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int block = 0; block < headDim; block += RowBuffer.BLOCK) {
                FloatVector even = FloatVector.zero(FLOATS);
                FloatVector odd = FloatVector.zero(FLOATS);
                for (int d = block; d < block + RowBuffer.BLOCK; d += 2) {
                    final IntVector key =
                        IntVector.fromMemorySegment(INTS, segment, tokenKeys + (d >> 1) * KEY_PAIR_BYTES, ORDER);
                    final FloatVector evenKey = key.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats();
                    final FloatVector oddKey = key.and(HIGH_HALF).reinterpretAsFloats();
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
        final int half = state.paddedHeadDim() / 2;
        final long tokenBytes = half * PAIR_BYTES;
        final int first = state.firstToken();
        final int end = state.endToken();
        for (int pair = 0; pair < half; pair += Lanes.COUNT) {
            final int at = head * 2 * half + pair;
            final long pairValues = values + pair * PAIR_BYTES;
            FloatVector even = FloatVector.fromArray(FLOATS, sums, at).mul(correction);
            FloatVector odd = FloatVector.fromArray(FLOATS, sums, at + half).mul(correction);
            for (int token = first; token < end; token++) {
                final IntVector value =
                    IntVector.fromMemorySegment(INTS, segment, pairValues + token * tokenBytes, ORDER);
                final FloatVector p = FloatVector.broadcast(FLOATS, probabilities[token]);
                even = p.fma(value.lanewise(VectorOperators.LSHL, HALF_BITS).reinterpretAsFloats(), even);
                odd = p.fma(value.and(HIGH_HALF).reinterpretAsFloats(), odd);
            }
            even.intoArray(sums, at);
            odd.intoArray(sums, at + half);
        }
    }

    @Override
    public int sumIndex(final int d, final int headDim) {
        return (d >> 1) + (d & 1) * (headDim / 2);
    }
}
