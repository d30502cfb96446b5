package dev.convoke.tensorcuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The parameters of one kernel, set one after the other in the order of its declaration, and its start. One thread's;
 * reused without allocation. The driver takes the values when the kernel is queued.
 */
final class Launch {
    private static final int MAX_PARAMETERS = 24;

    private final MemorySegment values;
    private final long addresses;
    private Kernel kernel;
    private int next;

    /** Room for parameters; the arena owns it. */
    Launch(final Arena arena) {
        values = arena.allocate(MAX_PARAMETERS * Long.BYTES, Long.BYTES);
        final MemorySegment pointers = arena.allocate(MAX_PARAMETERS * Long.BYTES, Long.BYTES);
        for (int i = 0; i < MAX_PARAMETERS; i++) {
            pointers.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + (long)i * Long.BYTES);
        }
        addresses = pointers.address();
    }

    /** Starts over with a kernel's first parameter. */
    Launch of(final Kernel which) {
        kernel = which;
        next = 0;
        return this;
    }

    /** An address; 0 is none. */
    Launch pointer(final long address) {
        values.setAtIndex(ValueLayout.JAVA_LONG, next++, address);
        return this;
    }

    /** An int. */
    Launch number(final int value) {
        values.set(ValueLayout.JAVA_INT, (long)next++ * Long.BYTES, value);
        return this;
    }

    /** A float. */
    Launch real(final float value) {
        values.set(ValueLayout.JAVA_FLOAT, (long)next++ * Long.BYTES, value);
        return this;
    }

    /** Queues the kernel. */
    void queue(final int gridX, final int gridY, final long stream) {
        if (next != kernel.parameters()) {
            throw new IllegalStateException(kernel + " given " + next);
        }
        DriverCalls.launch(kernel.function(), gridX, gridY, kernel.block(), kernel.sharedBytes(), stream, addresses);
    }
}
