package dev.convoke.tensor;

/**
 * One grouped FFN: rows sorted by group, those of a group through the weights of one expert. Its owner clears it, adds
 * group after group and to each its rows, starts it, and reads {@link #output()} as it is done. A batch may run while
 * its owner fills another one; whether it does is the backend's affair, and the bits of a row depend neither on that
 * nor on the row's company. Reused, no call allocates; owned by one thread, the one that owns the {@link Kernels} it
 * came from.
 */
public interface FfnBatch {
    /**
     * Starts over without groups.
     *
     * @param layer  the groups are experts of; a backend that has not all weights at hand guesses from the sequence of
     *               layers which are wanted next
     * @param source where the rows are, [any, hidden] in the operand type; those added stay as they are until done
     */
    void clear(int layer, RowBuffer source);

    /** The rows added next go through these weights. */
    void addGroup(PackedFfn weights);

    /**
     * Adds a row to the group added last. Rows are numbered in this order, from 0.
     *
     * @param sourceRow of the source; may be added to several groups
     * @param scale     what the row is multiplied by, and rounded again, before it is computed; NaN means nothing
     */
    void addRow(int sourceRow, float scale);

    /** Most rows it takes. */
    int capacity();

    /** Rows added. */
    int rows();

    /** Groups added. */
    int groups();

    /** Begins to compute, and may return before it is done. */
    void start();

    /**
     * How many of the rows of what was started last have been computed: those with the lowest numbers, whose results
     * may be read while the others are under way. Throws if the device has failed.
     */
    int rowsDone();

    /** Whether all of what was started last has been computed. Throws if the device has failed. */
    default boolean isDone() {
        return rowsDone() == rows();
    }

    /** Computes while the caller waits. */
    default void compute() {
        start();
        while (!isDone()) {
            Thread.onSpinWait();
        }
    }

    /** How long a device was at what was started last, once it is done, copies included; 0 where there is none. */
    default long deviceNs() {
        return 0;
    }

    /** The part of {@link #deviceNs()} that went into copies. */
    default long deviceCopyNs() {
        return 0;
    }

    /** Results, [capacity, hidden] in the operand type; undefined from {@link #start()} until a row is done. */
    RowBuffer output();

    /** Where in {@link #output()} the result of a row lies, by the row's number. */
    int outputRow(int row);
}
