package dev.convoke.bench.serve;

/** When the requests of an open-loop run are due. */
public interface ArrivalProcess {
    /**
     * The schedule: nanoseconds from the start of the run, never falling, the first at 0. It depends on nothing but the
     * seed, so the server cannot slow it down.
     */
    long[] offsetsNs(int count, long seed);
}
