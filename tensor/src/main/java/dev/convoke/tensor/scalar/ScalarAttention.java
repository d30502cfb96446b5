package dev.convoke.tensor.scalar;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;

import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.ElementAccess;
import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.RowBuffer;
import java.util.Arrays;

/** Online softmax over pages for one row and query head at a time. One thread's; reused. */
final class ScalarAttention {
    private final float[] scores = new float[PAGE_TOKENS];
    private final float[] laneSums = new float[PAGE_TOKENS];
    private float[] weightedValues = new float[0];
    private float maximum;

    /** Writes the output of one query head. */
    void attend(final AttentionBatch batch, final int row, final int queryHead) {
        final KvPages pages = batch.pages();
        final int kvHead = queryHead / batch.groupSize();
        start(pages.headDim());
        final int first = batch.firstVisible(row);
        final int last = batch.position(row);
        for (int page = first / PAGE_TOKENS; page <= last / PAGE_TOKENS; page++) {
            final int from = Math.max(0, first - page * PAGE_TOKENS);
            final int to = Math.min(PAGE_TOKENS, last - page * PAGE_TOKENS + 1);
            final int physicalPage = batch.pageTable(row)[page];
            score(batch, row, queryHead, pages.keyIndex(physicalPage, batch.layer(), kvHead), from, to);
            accumulate(pages, pages.valueIndex(physicalPage, batch.layer(), kvHead), from, to);
        }
        finish(batch.outputs(), row, queryHead * pages.headDim(), pages.headDim());
    }

    private void start(final int headDim) {
        if (weightedValues.length < headDim) {
            weightedValues = new float[headDim];
        }
        maximum = Float.NEGATIVE_INFINITY;
        Arrays.fill(laneSums, 0);
        Arrays.fill(weightedValues, 0);
    }

    private void score(final AttentionBatch batch, final int row, final int queryHead, final long keys, final int from,
        final int to) {
        for (int token = from; token < to; token++) {
            scores[token] = dot(batch, row, queryHead, keys, token) * batch.scale();
        }
    }

    /** {@link ScalarProduct#dot} where the second operand is a key, which lies spread over its page. */
    private static float dot(final AttentionBatch batch, final int row, final int queryHead, final long keys,
        final int token) {
        final KvPages pages = batch.pages();
        final int headDim = pages.headDim();
        float accumulator = 0;
        for (int block = 0; block < headDim; block += RowBuffer.BLOCK) {
            float even = 0;
            float odd = 0;
            for (int d = block; d < Math.min(headDim, block + RowBuffer.BLOCK); d += 2) {
                even = Math.fma(batch.queries().get(row, queryHead * headDim + d), key(pages, keys, d, token), even);
                odd = Math.fma(batch.queries().get(row, queryHead * headDim + d + 1), key(pages, keys, d + 1, token),
                    odd);
            }
            accumulator += even + odd;
        }
        return accumulator;
    }

    private static float key(final KvPages pages, final long keys, final int d, final int token) {
        return ElementAccess.read(pages.segment(), pages.dtype(), keys + pages.keyOffset(d, token));
    }

    private void accumulate(final KvPages pages, final long values, final int from, final int to) {
        float newMaximum = maximum;
        for (int token = from; token < to; token++) {
            newMaximum = Math.max(newMaximum, scores[token]);
        }
        final float correction = maximum == Float.NEGATIVE_INFINITY ? 0 : CanonicalMath.exp(maximum - newMaximum);
        for (int token = 0; token < PAGE_TOKENS; token++) {
            final boolean visible = from <= token && token < to;
            scores[token] = visible ? CanonicalMath.exp(scores[token] - newMaximum) : 0;
            laneSums[token] = laneSums[token] * correction + scores[token];
        }
        for (int d = 0; d < pages.headDim(); d++) {
            float sum = weightedValues[d] * correction;
            for (int token = from; token < to; token++) {
                final long value = values + (long)token * pages.paddedHeadDim() + d;
                sum = Math.fma(scores[token], ElementAccess.read(pages.segment(), pages.dtype(), value), sum);
            }
            weightedValues[d] = sum;
        }
        maximum = newMaximum;
    }

    private void finish(final RowBuffer outputs, final int row, final int firstColumn, final int headDim) {
        float sum = 0;
        for (final float laneSum : laneSums) {
            sum += laneSum;
        }
        for (int d = 0; d < headDim; d++) {
            outputs.set(row, firstColumn + d, weightedValues[d] / sum);
        }
    }
}
