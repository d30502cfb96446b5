package dev.convoke.bench;

/** What the machine can do at most, by threads that work together; what was measured once in a run is kept. */
public interface Ceilings {
    /** A buffer far larger than the caches. */
    long LARGE = Long.MAX_VALUE;

    /**
     * Bytes that threads read in a second together, each its part of a buffer over and over, on pages as the weights of
     * models lie on.
     *
     * @param bufferBytes how large the buffer is, {@link #LARGE} for one that no cache holds
     */
    Spread readBytesPerSecond(int threads, long bufferBytes);

    /** Multiplications and additions of f32 in a second, operands in registers; a fused one counts as two. */
    Spread f32OperationsPerSecond(int threads);
}
