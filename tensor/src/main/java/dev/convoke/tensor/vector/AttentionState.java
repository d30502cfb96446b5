package dev.convoke.tensor.vector;

import static dev.convoke.tensor.KvPages.PAGE_TOKENS;
import static dev.convoke.tensor.vector.Lanes.FLOATS;

import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.CanonicalMath;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The online softmax of the query heads that share one key-value head: maxima, lane sums and unnormalised outputs so
 * far, and the scores, then probabilities, of the page at hand. One thread's; reused, growing to the largest model it
 * meets.
 */
final class AttentionState {
    private final float[] probabilities = new float[PAGE_TOKENS];
    private float[] queries = new float[0];
    private float[] sums = new float[0];
    private float[] output = new float[0];
    private float[] laneSums = new float[0];
    private float[] maxima = new float[0];
    private int headDim;
    private int paddedHeadDim;
    private int firstToken;
    private int endToken;

    /** Begins a row: nothing seen yet, queries widened. */
    void start(final AttentionBatch batch, final int row, final int firstHead) {
        final int heads = batch.groupSize();
        headDim = batch.pages().headDim();
        paddedHeadDim = batch.pages().paddedHeadDim();
        reserve(heads);
        Arrays.fill(maxima, Float.NEGATIVE_INFINITY);
        Arrays.fill(laneSums, 0);
        Arrays.fill(sums, 0);
        final long first = (long)row * batch.queries().stride() + (long)firstHead * headDim;
        for (int head = 0; head < heads; head++) {
            final int to = head * paddedHeadDim;
            Conversion.load(batch.queries().segment(), batch.queries().dtype(), first + (long)head * headDim, headDim,
                queries, to);
            Arrays.fill(queries, to + headDim, to + paddedHeadDim, 0);
        }
    }

    private void reserve(final int heads) {
        if (output.length < paddedHeadDim) {
            output = new float[paddedHeadDim];
        }
        if (sums.length < heads * paddedHeadDim) {
            queries = new float[heads * paddedHeadDim];
            sums = new float[heads * paddedHeadDim];
        }
        if (maxima.length < heads) {
            laneSums = new float[heads * PAGE_TOKENS];
            maxima = new float[heads];
        }
    }

    /** Turns to a page of which tokens {@code [from, to)} are visible. */
    void page(final int from, final int to) {
        firstToken = from;
        endToken = to;
    }

    /** Turns the scores of the page into probabilities; returns the factor that corrects what was summed before. */
    float normalise(final int head) {
        final float before = maxima[head];
        hide(Float.NEGATIVE_INFINITY);
        final float maximum = Math.max(before, largest(probabilities));
        maxima[head] = maximum;
        final float correction = before == Float.NEGATIVE_INFINITY ? 0 : CanonicalMath.exp(before - maximum);
        subtract(probabilities, maximum);
        Exponential.apply(probabilities, PAGE_TOKENS);
        hide(0);
        addLanes(laneSums, head * PAGE_TOKENS, correction, probabilities);
        return correction;
    }

    private void hide(final float value) {
        for (int token = 0; token < firstToken; token++) {
            probabilities[token] = value;
        }
        for (int token = endToken; token < PAGE_TOKENS; token++) {
            probabilities[token] = value;
        }
    }

    /** A maximum does not depend on the order; this one has short dependencies. */
    private static float largest(final float[] s) {
        final float a = Math.max(Math.max(s[0], s[1]), Math.max(s[2], s[3]));
        final float b = Math.max(Math.max(s[4], s[5]), Math.max(s[6], s[7]));
        final float c = Math.max(Math.max(s[8], s[9]), Math.max(s[10], s[11]));
        final float d = Math.max(Math.max(s[12], s[13]), Math.max(s[14], s[15]));
        return Math.max(Math.max(a, b), Math.max(c, d));
    }

    private static void subtract(final float[] values, final float subtrahend) {
        for (int i = 0; i < PAGE_TOKENS; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, values, i).sub(subtrahend).intoArray(values, i);
        }
    }

    private static void addLanes(final float[] laneSums, final int at, final float correction,
        final float[] probabilities) {
        for (int i = 0; i < PAGE_TOKENS; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOATS, laneSums, at + i).mul(correction)
                .add(FloatVector.fromArray(FLOATS, probabilities, i)).intoArray(laneSums, at + i);
        }
    }

    /** Writes the output of a head: sums over the total, lanes added in ascending order. */
    void finish(final AttentionBatch batch, final int row, final int queryHead, final int head,
        final PageKernel kernel) {
        float total = 0;
        for (int token = 0; token < PAGE_TOKENS; token++) {
            total += laneSums[head * PAGE_TOKENS + token];
        }
        for (int d = 0; d < headDim; d++) {
            output[d] = sums[head * paddedHeadDim + kernel.sumIndex(d, paddedHeadDim)] / total;
        }
        Conversion.store(output, 0, headDim, batch.outputs().segment(), batch.outputs().dtype(),
            (long)row * batch.outputs().stride() + (long)queryHead * headDim);
    }

    /** Widened, [heads][paddedHeadDim]. */
    float[] queries() {
        return queries;
    }

    /** Scores and then probabilities of the page at hand, [tokens]. */
    float[] probabilities() {
        return probabilities;
    }

    /** Unnormalised outputs, [heads][paddedHeadDim], in an order of the kernel's own. */
    float[] sums() {
        return sums;
    }

    /** First visible token of the page at hand. */
    int firstToken() {
        return firstToken;
    }

    /** Behind the last visible token of the page at hand. */
    int endToken() {
        return endToken;
    }

    /** Elements of a head, padded. */
    int paddedHeadDim() {
        return paddedHeadDim;
    }
}
