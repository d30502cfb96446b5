package dev.convoke.loadbalance.trace;

/**
 * How many different experts of a layer the rows of a step choose, by the number of rows: what decoding is bound by,
 * since the weights of every expert that is chosen at all are read. Sizes of steps are in classes of powers of two: 1,
 * 2, 3 to 4, 5 to 8 and so on.
 */
public final class ActiveExperts {
    /** Classes of steps by their rows. */
    public static final int CLASSES = 1 + Integer.numberOfTrailingZeros(TraceLimits.MOST_ROWS);

    private final long[][] steps;
    private final long[][] active;
    private final long[][] stepsOfExperts;
    private final long[] noted;
    private long round = 1;
    private int count;

    ActiveExperts(final int layers, final int experts) {
        steps = new long[layers][CLASSES];
        active = new long[layers][CLASSES];
        stepsOfExperts = new long[layers][experts];
        noted = new long[experts];
    }

    /** A row of the step and layer under way chose an expert. */
    void note(final int layer, final int expert) {
        if (noted[expert] != round) {
            noted[expert] = round;
            stepsOfExperts[layer][expert]++;
            count++;
        }
    }

    /** All rows of a step and layer have been noted. */
    void endLayer(final int layer, final int rows) {
        final int size = classOf(rows);
        steps[layer][size]++;
        active[layer][size] += count;
        count = 0;
        round++;
    }

    static int classOf(final int rows) {
        return rows <= 1 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1);
    }

    /** The fewest rows of a step of a class. */
    public static int leastRows(final int size) {
        return size == 0 ? 1 : (1 << size - 1) + 1;
    }

    /** The most rows of a step of a class. */
    public static int mostRows(final int size) {
        return 1 << size;
    }

    /** In how many steps some row chose each expert of a layer. */
    public long[] stepsOfExperts(final int layer) {
        return stepsOfExperts[layer].clone();
    }

    /** Steps of a class that have routes of a layer. */
    public long steps(final int layer, final int size) {
        return steps[layer][size];
    }

    /** The mean number of experts of a layer that a step of a class chooses; NaN if there was none. */
    public double mean(final int layer, final int size) {
        return (double)active[layer][size] / steps[layer][size];
    }
}
