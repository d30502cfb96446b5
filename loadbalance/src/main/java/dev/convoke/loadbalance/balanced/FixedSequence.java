package dev.convoke.loadbalance.balanced;

/**
 * Numbers that look random and are the same every time, so that a request has one answer: SplitMix64 (Steele, Lea and
 * Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014) from a fixed seed.
 */
final class FixedSequence {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long state = 1;

    /** From 0 to below the bound, which is above 0. */
    int next(final int bound) {
        int next = next() >>> 1;
        final int most = Integer.MAX_VALUE - (int)((1L << 31) % bound);
        while (next > most) {
            next = next() >>> 1;
        }
        return next % bound;
    }

    private int next() {
        state += GOLDEN_GAMMA;
        final long mixed = (state ^ state >>> 33) * 0x62a9d9ed799705f5L;
        return (int)((mixed ^ mixed >>> 28) * 0xcb24d0a5c88c35b3L >>> 32);
    }
}
