package dev.convoke.decoder;

import dev.convoke.tensor.CanonicalMath;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Draws tokens from logits and scores them. The same logits, parameters and position give the same token on every
 * machine: exponentials are canonical, sums run in ascending order in binary64, and the random number is a hash of
 * (seed, choice, position). Owned by the decoder's thread; allocates at the start.
 */
final class Sampler {
    private final float[] logits;
    private final float[] adjusted;
    private final LogitAdjustments adjustments;
    private final double[] weights;
    private final int[] heap;
    private final int[] bestTokens;
    private final int vocabulary;
    /** What is drawn from: the row as it was loaded, or its adjusted copy. */
    private float[] current;
    private int mostLikely;
    private double logTotal;

    Sampler(final int vocabulary) {
        this.vocabulary = vocabulary;
        this.logits = new float[vocabulary];
        this.adjusted = new float[vocabulary];
        this.adjustments = new LogitAdjustments(vocabulary);
        this.current = logits;
        this.weights = new double[vocabulary];
        this.heap = new int[vocabulary];
        this.bestTokens = new int[vocabulary];
    }

    /** Reads a row of logits; false if they have no largest finite value or one is not a number. */
    boolean load(final RowBuffer rows, final int row) {
        MemorySegment.copy(rows.segment(), ValueLayout.JAVA_FLOAT, rows.rowOffsetBytes(row), logits, 0, vocabulary);
        logTotal = Double.NaN;
        boolean numbers = true;
        for (int token = 0; token < vocabulary; token++) {
            numbers &= !Float.isNaN(logits[token]);
        }
        use(logits);
        return numbers && Float.isFinite(logits[mostLikely]);
    }

    private void use(final float[] row) {
        current = row;
        mostLikely = 0;
        for (int token = 0; token < vocabulary; token++) {
            if (row[token] > row[mostLikely]) {
                mostLikely = token;
            }
        }
    }

    /**
     * Draws the next token of a sequence; -1 if its parameters exclude all. The scores stay those of the loaded row.
     */
    int sample(final Sequence sequence) {
        final SamplingParameters parameters = sequence.request().sampling();
        if (!parameters.adjustsLogits()) {
            return sample(parameters, sequence.length());
        }
        System.arraycopy(logits, 0, adjusted, 0, vocabulary);
        adjustments.apply(adjusted, parameters, sequence);
        use(adjusted);
        final int token = Float.isFinite(adjusted[mostLikely]) ? sample(parameters, sequence.length()) : -1;
        use(logits);
        return token;
    }

    /**
     * Draws a token from the current row.
     *
     * @param position of the token in its sequence
     */
    int sample(final SamplingParameters parameters, final int position) {
        if (parameters.isGreedy()) {
            return mostLikely;
        }
        final double total = cutLeastLikely(weigh(parameters.temperature()), parameters.minP());
        final double uniform = uniform(parameters.seed(), parameters.choice(), position);
        final boolean cutK = parameters.topK() > 0 && parameters.topK() < vocabulary;
        if (!cutK && parameters.topP() == 1) {
            return drawFromAll(uniform * total);
        }
        final int candidates = cutK ? parameters.topK() : vocabulary;
        return drawFromBest(candidates, cutK ? Double.NaN : total, parameters.topP(), uniform);
    }

    private double weigh(final float temperature) {
        final float largest = current[mostLikely];
        double total = 0;
        for (int token = 0; token < vocabulary; token++) {
            weights[token] = CanonicalMath.exp((current[token] - largest) / temperature);
            total += weights[token];
        }
        return total;
    }

    /** Takes away what weighs less than min-p of the likeliest, whose weight is 1; returns the new total. */
    private double cutLeastLikely(final double knownTotal, final float minP) {
        if (minP == 0) {
            return knownTotal;
        }
        double total = 0;
        for (int token = 0; token < vocabulary; token++) {
            if (weights[token] < minP) {
                weights[token] = 0;
            }
            total += weights[token];
        }
        return total;
    }

    private int drawFromAll(final double target) {
        double sum = 0;
        for (int token = 0; token < vocabulary; token++) {
            sum += weights[token];
            if (sum > target) {
                return token;
            }
        }
        return mostLikely;
    }

    /** The candidates in order of likelihood, as few as hold top-p of their total; then one of those. */
    private int drawFromBest(final int candidates, final double knownTotal, final float topP, final double uniform) {
        makeHeap();
        int taken = 0;
        double total = knownTotal;
        if (Double.isNaN(total)) {
            total = 0;
            for (; taken < candidates; taken++) {
                bestTokens[taken] = popHeap(taken);
                total += weights[bestTokens[taken]];
            }
        }
        int kept = 0;
        double nucleus = 0;
        while (kept == 0 || kept < candidates && nucleus < topP * total) {
            if (kept == taken) {
                bestTokens[taken] = popHeap(taken);
                taken++;
            }
            nucleus += weights[bestTokens[kept++]];
        }
        final double target = uniform * nucleus;
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            sum += weights[bestTokens[i]];
            if (sum > target) {
                return bestTokens[i];
            }
        }
        return bestTokens[0];
    }

    private void makeHeap() {
        for (int i = 0; i < vocabulary; i++) {
            heap[i] = i;
        }
        for (int i = vocabulary / 2 - 1; i >= 0; i--) {
            siftDown(i, vocabulary);
        }
    }

    private int popHeap(final int popped) {
        final int size = vocabulary - popped;
        final int best = heap[0];
        heap[0] = heap[size - 1];
        siftDown(0, size - 1);
        return best;
    }

    private void siftDown(final int start, final int size) {
        int parent = start;
        while (2 * parent + 1 < size) {
            int child = 2 * parent + 1;
            if (child + 1 < size && isBetter(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBetter(heap[child], heap[parent])) {
                return;
            }
            final int moved = heap[parent];
            heap[parent] = heap[child];
            heap[child] = moved;
            parent = child;
        }
    }

    /** The order of tokens: larger logit first, of equal ones the lower id. */
    private boolean isBetter(final int token, final int other) {
        return current[token] > current[other] || current[token] == current[other] && token < other;
    }

    /** Natural log-probability of a token of the loaded row, without temperature or cuts. */
    float logprob(final int token) {
        if (Double.isNaN(logTotal)) {
            logTotal = StrictMath.log(weigh(1));
        }
        return (float)((double)logits[token] - logits[mostLikely] - logTotal);
    }

    /** Writes the scores of a token and of the most likely ones. */
    void score(final TokenScores scores, final int index, final int token) {
        scores.set(index, logprob(token), rank(token));
        final int ranks = scores.ranks();
        if (ranks > 0) {
            makeHeap();
        }
        for (int rank = 0; rank < ranks; rank++) {
            if (rank < vocabulary) {
                final int best = popHeap(rank);
                scores.setTop(index, rank, best, logprob(best));
            } else {
                scores.setTop(index, rank, -1, Float.NEGATIVE_INFINITY);
            }
        }
    }

    /** 1 for the most likely. */
    private int rank(final int token) {
        int rank = 1;
        for (int other = 0; other < vocabulary; other++) {
            if (isBetter(other, token)) {
                rank++;
            }
        }
        return rank;
    }

    /**
     * A number in [0, 1) with 53 random bits, from the counter alone: three rounds of the finaliser of SplitMix64
     * (Steele, Lea and Flood, 2014), one for each word of the key.
     */
    static double uniform(final long seed, final int choice, final int position) {
        long hash = mix(seed);
        hash = mix(hash ^ choice);
        hash = mix(hash ^ position);
        return (hash >>> 11) * 0x1.0p-53;
    }

    private static long mix(final long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
