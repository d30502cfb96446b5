package dev.convoke.bench.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Looks for the highest request rate at which a given share of requests keeps the service level: doubles or halves
 * until the border lies between two rates, halves their distance (as a ratio) until it is within the resolution, and
 * then runs once more at the lower one with other random numbers. Where that run fails, one step of the resolution
 * lower, until one passes.
 */
public final class RateSearch {
    private static final int MOST_CONFIRMATIONS = 8;

    private final double share;
    private final double resolution;
    private final double least;
    private final double most;
    private final List<Trial> trials = new ArrayList<>();

    /**
     * A search that can be run once.
     *
     * @param share      of requests that must keep the service level, 0 to 1
     * @param resolution the result is at most this fraction below the border
     * @param least      the lowest rate tried, per second
     * @param most       the highest
     */
    public RateSearch(final double share, final double resolution, final double least, final double most) {
        this.share = share;
        this.resolution = resolution;
        this.least = least;
        this.most = most;
    }

    /** Runs a load. */
    public interface Load {
        /** The share of requests that kept the service level at a rate; each number stands for other random numbers. */
        double shareKept(double perSecond, int number) throws InterruptedException;
    }

    /**
     * One run of the search.
     *
     * @param perSecond the rate
     * @param shareKept share of requests that kept the service level
     * @param passed    whether that is enough
     */
    public record Trial(double perSecond, double shareKept, boolean passed) {
    }

    /** The rate, confirmed by the last trial; nothing if none is low enough, or high enough ones keep failing. */
    public OptionalDouble find(final double firstPerSecond, final Load load) throws InterruptedException {
        double low = Math.clamp(firstPerSecond, least, most);
        double high = low;
        if (passes(low, load)) {
            do {
                low = high;
                if (low >= most) {
                    return confirm(low, load);
                }
                high = Math.min(most, low * 2);
            } while (passes(high, load));
        } else {
            do {
                high = low;
                if (high <= least) {
                    return OptionalDouble.empty();
                }
                low = Math.max(least, high / 2);
            } while (!passes(low, load));
        }
        while (high / low > 1 + resolution) {
            final double middle = Math.sqrt(low * high);
            if (passes(middle, load)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return confirm(low, load);
    }

    private OptionalDouble confirm(final double perSecond, final Load load) throws InterruptedException {
        double rate = perSecond;
        for (int i = 0; i < MOST_CONFIRMATIONS && rate >= least; i++) {
            if (passes(rate, load)) {
                return OptionalDouble.of(rate);
            }
            rate /= 1 + resolution;
        }
        return OptionalDouble.empty();
    }

    private boolean passes(final double perSecond, final Load load) throws InterruptedException {
        final double kept = load.shareKept(perSecond, trials.size());
        trials.add(new Trial(perSecond, kept, kept >= share));
        return kept >= share;
    }

    /** What was run, in order. */
    public List<Trial> trials() {
        return List.copyOf(trials);
    }
}
