package dev.convoke.bench.placement;

import dev.convoke.loadbalance.ExpertLoad;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Loads as a gate would give them: the choices of some thousand rows, drawn from a {@link LoadKind}, so that two seeds
 * differ in more than which expert is which.
 */
public final class GeneratedLoad {
    /** Rows that are counted. */
    public static final int ROWS = 4_096;
    /** Rows of a decoding step, for how many experts it wakes. */
    public static final int ROWS_OF_STEP = 32;

    private GeneratedLoad() {
    }

    /** Choices of a row: two of eight experts, as Mixtral; else eight. */
    public static int topK(final int experts) {
        return experts <= 8 ? Math.min(2, experts) : 8;
    }

    /** Of a seed; layers differ as seeds do. */
    public static ExpertLoad of(final LoadKind kind, final int layers, final int experts, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed * LoadKind.values().length + kind.ordinal());
        final double[][] tokens = new double[layers][];
        for (int layer = 0; layer < layers; layer++) {
            tokens[layer] = draw(kind.popularity(experts, random), ROWS * topK(experts), random);
        }
        return ExpertLoad.ofTokens(tokens).withEstimatedActivity(ROWS_OF_STEP, topK(experts));
    }

    private static double[] draw(final double[] shares, final int choices, final SplittableRandom random) {
        final double[] ends = shares.clone();
        Arrays.parallelPrefix(ends, Double::sum);
        final double[] tokens = new double[shares.length];
        for (int choice = 0; choice < choices; choice++) {
            final int found = Arrays.binarySearch(ends, random.nextDouble() * ends[ends.length - 1]);
            tokens[Math.min(found < 0 ? -found - 1 : found, tokens.length - 1)]++;
        }
        return tokens;
    }
}
