package dev.convoke.tensor.vector;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;

import dev.convoke.core.DType;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The online softmax of the query heads that share one key-value head: maxima, lane sums and unnormalised outputs so
 * far, and the probabilities of the page at hand. One thread's; reused, growing to the largest model it meets.
 */
final class AttentionState {
    private final float[] probabilities = new float[PAGE_TOKENS];
    private float[] queries = new float[0];
    private float[] outputs = new float[0];
    private float[] laneSums = new float[0];
    private float[] maxima = new float[0];
    private int paddedHeadDim;
    private int headDim;
    private int firstToken;
    private int endToken;

    /** Begins a row: nothing seen yet, queries widened. */
    void start(final AttentionBatch batch, final int row, final int firstHead) {
        final int heads = batch.groupSize();
        headDim = batch.pages().headDim();
        paddedHeadDim = batch.pages().paddedHeadDim();
        if (queries.length < heads * paddedHeadDim || maxima.length < heads) {
            queries = new float[heads * paddedHeadDim];
            outputs = new float[heads * paddedHeadDim];
            laneSums = new float[heads * PAGE_TOKENS];
            maxima = new float[heads];
        }
        Arrays.fill(maxima, Float.NEGATIVE_INFINITY);
        Arrays.fill(laneSums, 0);
        Arrays.fill(outputs, 0);
        for (int head = 0; head < heads; head++) {
            widenQuery(batch.queries(), row, (firstHead + head) * headDim, head * paddedHeadDim);
        }
    }

    private void widenQuery(final RowBuffer rows, final int row, final int column, final int to) {
        final DType dtype = rows.dtype();
        final long first = (long)row * rows.stride() + column;
        int d = 0;
        for (; d + Lanes.COUNT <= headDim; d += Lanes.COUNT) {
            Lanes.load(rows.segment(), dtype, first + d).intoArray(queries, to + d);
        }
        for (; d < headDim; d++) {
            queries[to + d] = rows.get(row, column + d);
        }
        Arrays.fill(queries, to + headDim, to + paddedHeadDim, 0);
    }

    /** Turns to a page of which tokens {@code [from, to)} are visible. */
    void page(final int from, final int to) {
        firstToken = from;
        endToken = to;
    }

    /** Takes a vector of dot products, scales them and hides what the row does not see. */
    void score(final int vector, final FloatVector products, final float scale) {
        final int token = vector * Lanes.COUNT;
        products.mul(scale).blend(Float.NEGATIVE_INFINITY, Lanes.outside(token, firstToken, endToken))
            .intoArray(probabilities, token);
    }

    /** Turns the scores of the page into probabilities; returns the factor that corrects what was summed before. */
    float normalise(final int head) {
        final float before = maxima[head];
        final float maximum = Math.max(before, largest(probabilities));
        maxima[head] = maximum;
        final float correction = before == Float.NEGATIVE_INFINITY ? 0 : CanonicalMath.exp(before - maximum);
        for (int token = 0; token < PAGE_TOKENS; token += Lanes.COUNT) {
            final int lanes = head * PAGE_TOKENS + token;
            final VectorMask<Float> hidden = Lanes.outside(token, firstToken, endToken);
            final FloatVector p = Lanes.exp(Lanes.floats(probabilities, token).sub(maximum)).blend(0.0f, hidden);
            p.intoArray(probabilities, token);
            Lanes.floats(laneSums, lanes).mul(correction).add(p).intoArray(laneSums, lanes);
        }
        return correction;
    }

    /** A maximum does not depend on the order; this one has short dependencies. */
    private static float largest(final float[] s) {
        final float a = Math.max(Math.max(s[0], s[1]), Math.max(s[2], s[3]));
        final float b = Math.max(Math.max(s[4], s[5]), Math.max(s[6], s[7]));
        final float c = Math.max(Math.max(s[8], s[9]), Math.max(s[10], s[11]));
        final float d = Math.max(Math.max(s[12], s[13]), Math.max(s[14], s[15]));
        return Math.max(Math.max(a, b), Math.max(c, d));
    }

    /** All probabilities of a head so far, lanes in ascending order. */
    float sum(final int head) {
        float sum = 0;
        for (int token = 0; token < PAGE_TOKENS; token++) {
            sum += laneSums[head * PAGE_TOKENS + token];
        }
        return sum;
    }

    /** Widened, [heads][paddedHeadDim]. */
    float[] queries() {
        return queries;
    }

    /** Of the page at hand, [tokens]. */
    float[] probabilities() {
        return probabilities;
    }

    /** Unnormalised, [heads][paddedHeadDim], in an order of the kernel's own. */
    float[] outputs() {
        return outputs;
    }

    /** First visible token of the page at hand. */
    int firstToken() {
        return firstToken;
    }

    /** Behind the last visible token of the page at hand. */
    int endToken() {
        return endToken;
    }

    /** Elements of a head. */
    int headDim() {
        return headDim;
    }

    /** Elements of a head, padded. */
    int paddedHeadDim() {
        return paddedHeadDim;
    }
}
