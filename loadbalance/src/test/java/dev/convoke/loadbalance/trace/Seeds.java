package dev.convoke.loadbalance.trace;

import java.util.SplittableRandom;

/** Randomness of property tests: printed, so that a failure can be repeated with {@code -Dconvoke.test.seed}. */
final class Seeds {
    private Seeds() {
    }

    static SplittableRandom random(final String test) {
        final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
        System.out.println(test + ": -Dconvoke.test.seed=" + seed);
        return new SplittableRandom(seed);
    }
}
