package dev.convoke.routing;

/**
 * The 99th percentile of ratios, of the newest thousand or so: a histogram of eight ranges between a power of two and
 * the next, whose counts are halved now and then.
 */
final class RatioQuantile {
    /** All of a double's bits but its sign, its exponent and the first three of its fraction. */
    private static final int SHIFT = 49;
    private static final long LOWEST = Double.doubleToRawLongBits(1.0 / 16) >> SHIFT;
    private static final int RANGES = 80;
    private static final int MOST = 2048;
    private static final int FEW = 100;
    private static final int UPDATE_EVERY = 25;

    private final int[] counts = new int[RANGES];
    private int count;
    private int untilUpdate = FEW;
    private double p99 = Double.POSITIVE_INFINITY;

    /** Adds one; not negative. */
    void add(final double ratio) {
        counts[Math.clamp((Double.doubleToRawLongBits(ratio) >> SHIFT) - LOWEST, 0, RANGES - 1)]++;
        count++;
        if (count >= MOST) {
            halve();
        }
        if (--untilUpdate <= 0) {
            untilUpdate = UPDATE_EVERY;
            update();
        }
    }

    private void halve() {
        count = 0;
        for (int i = 0; i < RANGES; i++) {
            counts[i] /= 2;
            count += counts[i];
        }
    }

    private void update() {
        int above = 0;
        int range = RANGES - 1;
        while (range > 0 && 100 * (above + counts[range]) <= count) {
            above += counts[range];
            range--;
        }
        p99 = Double.longBitsToDouble(LOWEST + range + 1 << SHIFT);
    }

    /** The upper end of the range that it lies in; infinite until there were a hundred ratios. */
    double p99() {
        return p99;
    }
}
