package dev.convoke.bench.machine;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** Reads memory once from one end to the other, as wide as the CPU likes, and does nothing else with it. */
final class ReadLoop {
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int VECTORS = 8;
    /** Read in one go; what is read must be a multiple of it. */
    static final int STRIDE_BYTES = VECTORS * INTS.vectorByteSize();
    /** Compiled loops are short, so that their counters are ints. */
    private static final int SECTION_BYTES = 1 << 18;

    /** Where the bits go, so that no read is superfluous. */
    private int sink;

    /** Reads whole strides from {@code from} on; returns the bytes. */
    double read(final MemorySegment memory, final long from, final long bytes) {
        final long whole = bytes / STRIDE_BYTES * STRIDE_BYTES;
        for (long done = 0; done < whole; done += SECTION_BYTES) {
            sink ^= section(memory, from + done, (int)Math.min(SECTION_BYTES, whole - done));
        }
        return whole;
    }

    private static int section(final MemorySegment memory, final long from, final int bytes) {
        final int vector = INTS.vectorByteSize();
        IntVector a = IntVector.zero(INTS);
        IntVector b = a;
        IntVector c = a;
        IntVector d = a;
        for (int i = 0; i < bytes; i += VECTORS * vector) {
            final long at = from + i;
            a = a.or(load(memory, at)).or(load(memory, at + vector));
            b = b.or(load(memory, at + 2L * vector)).or(load(memory, at + 3L * vector));
            c = c.or(load(memory, at + 4L * vector)).or(load(memory, at + 5L * vector));
            d = d.or(load(memory, at + 6L * vector)).or(load(memory, at + 7L * vector));
        }
        return a.or(b).or(c.or(d)).lane(0);
    }

    private static IntVector load(final MemorySegment memory, final long at) {
        return IntVector.fromMemorySegment(INTS, memory, at, ORDER);
    }

    /** Keeps the reads alive. */
    int sink() {
        return sink;
    }
}
