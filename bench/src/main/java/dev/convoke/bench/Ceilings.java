package dev.convoke.bench;

/** What the machine can do at most, by threads that work together; what was measured once in a run is kept. */
public interface Ceilings {
    /** Bytes read in a second from a buffer far larger than the caches, on pages as the weights of models lie on. */
    Spread readBytesPerSecond(int threads);

    /** Bytes read in a second by one thread that reads a buffer of this size over and over. */
    Spread rereadBytesPerSecond(long bufferBytes);

    /** Multiplications and additions of f32 in a second, operands in registers; a fused one counts as two. */
    Spread f32OperationsPerSecond(int threads);
}
