package dev.convoke.transport.faults;

import java.util.SplittableRandom;

/** How jitter is spread, as multiples of its size. Drawing allocates nothing. */
public enum Distribution {
    /** Evenly from -1 to 1. */
    UNIFORM {
        @Override
        double draw(final SplittableRandom random) {
            return 2 * random.nextDouble() - 1;
        }
    },
    /** Mean 0, standard deviation 1. */
    NORMAL {
        @Override
        double draw(final SplittableRandom random) {
            return random.nextGaussian();
        }
    },
    /** Mean 1, never negative: waits behind other traffic. */
    EXPONENTIAL {
        @Override
        double draw(final SplittableRandom random) {
            return -Math.log(1 - random.nextDouble());
        }
    },
    /** Mean 1, never negative, with a tail that falls with the third power: mostly short, now and then very long. */
    PARETO {
        @Override
        double draw(final SplittableRandom random) {
            return 2 * (1 / Math.cbrt(1 - random.nextDouble()) - 1);
        }
    };

    abstract double draw(SplittableRandom random);
}
