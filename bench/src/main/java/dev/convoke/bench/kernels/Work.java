package dev.convoke.bench.kernels;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What calls of a benchmark did at least; JMH turns both into rates. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Work {
    static final String BYTES = "bytes";
    static final String OPERATIONS = "operations";

    /** Read and written. */
    public double bytes;
    /** Additions and multiplications. */
    public double operations;

    /** One call more. */
    void add(final double callBytes, final double callOperations) {
        bytes += callBytes;
        operations += callOperations;
    }
}
