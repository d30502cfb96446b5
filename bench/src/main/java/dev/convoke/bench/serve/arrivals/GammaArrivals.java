package dev.convoke.bench.serve.arrivals;

import dev.convoke.bench.serve.ArrivalProcess;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Independent intervals of a gamma distribution. Burstiness 1 gives a Poisson process; less is more bursty, more is
 * more even: the coefficient of variation is {@code 1 / sqrt(burstiness)}. The rate may change from request to request.
 */
public final class GammaArrivals implements ArrivalProcess {
    private final Rate rate;
    private final double burstiness;

    /** Intervals of a rate, which may depend on how far the run is. */
    public GammaArrivals(final Rate rate, final double burstiness) {
        this.rate = rate;
        this.burstiness = burstiness;
    }

    /** Requests per second. */
    public interface Rate {
        /** At a place in the run, from 0 for the first interval to 1 for the last. */
        double perSecondAt(double progress);

        /** The same throughout. */
        static Rate steady(final double perSecond) {
            return progress -> perSecond;
        }

        /** In a straight line. */
        static Rate linear(final double first, final double last) {
            return progress -> first + (last - first) * progress;
        }

        /** By equal ratios. */
        static Rate exponential(final double first, final double last) {
            return progress -> first * Math.pow(last / first, progress);
        }
    }

    @Override
    public long[] offsetsNs(final int count, final long seed) {
        final RandomGenerator random = new SplittableRandom(seed);
        final long[] offsets = new long[count];
        double seconds = 0;
        for (int i = 1; i < count; i++) {
            final double perSecond = rate.perSecondAt(count > 2 ? (i - 1) / (count - 2.0) : 0);
            seconds += gamma(random, burstiness) / (burstiness * perSecond);
            offsets[i] = Math.round(seconds * 1e9);
        }
        return offsets;
    }

    /** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); scale 1. */
    private static double gamma(final RandomGenerator random, final double shape) {
        if (shape == 1) {
            return -Math.log(1 - random.nextDouble());
        }
        if (shape < 1) {
            return gamma(random, shape + 1) * Math.pow(1 - random.nextDouble(), 1 / shape);
        }
        final double d = shape - 1.0 / 3;
        final double c = 1 / Math.sqrt(9 * d);
        while (true) {
            final double normal = random.nextGaussian();
            final double root = 1 + c * normal;
            final double v = root * root * root;
            if (v > 0 && Math.log(1 - random.nextDouble()) < normal * normal / 2 + d * (1 - v + Math.log(v))) {
                return d * v;
            }
        }
    }
}
