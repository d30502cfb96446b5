package dev.convoke.tensorcuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * How far the GPU is with the parts of a batch. Behind each part it writes the batch's number to memory of the machine,
 * so that whoever waits reads a word and need not ask the driver, which makes threads wait for each other. The driver
 * is asked now and then, since a device that has failed writes nothing. One thread's; allocates nothing.
 */
final class Portions {
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();
    private static final int POLLS_PER_QUERY = 256;

    private final MemorySegment words;
    private final int[] rows;
    private int number;
    private int queued;
    private int reached;
    private int polls;

    /** For batches of so many parts at most; the arena owns memory, which the GPU must reach. */
    Portions(final Arena pinned, final int most) {
        words = pinned.allocate((long)most * Integer.BYTES, Long.BYTES);
        rows = new int[most];
    }

    /** Another batch begins. */
    void begin() {
        number++;
        queued = 0;
        reached = 0;
        polls = 0;
    }

    /** How many parts were queued. */
    int queued() {
        return queued;
    }

    /** The next part ends where the stream has been queued to, and with it so many rows of the batch are computed. */
    void end(final int rowsOfBatch, final long stream) {
        rows[queued] = rowsOfBatch;
        DriverCalls.write(words.address() + (long)queued * Integer.BYTES, number, stream);
        queued++;
    }

    /**
     * How many rows are computed. Throws if the device has failed.
     *
     * @param done the event at the end of the batch
     */
    int rowsDone(final long done) {
        while (reached < queued && (int)WORD.getAcquire(words, (long)reached * Integer.BYTES) == number) {
            reached++;
            polls = 0;
        }
        if (reached < queued && ++polls % POLLS_PER_QUERY == 0) {
            DriverCalls.isReached(done);
        }
        return reached == 0 ? 0 : rows[reached - 1];
    }
}
