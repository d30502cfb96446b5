package dev.convoke.decoder;

/**
 * What became of the expert choices of a sequence: what was computed twice, after a preemption, counts twice. Written
 * by the decoder's thread before the token that follows from it is seen; complete when the stream has ended.
 */
public final class EntryUse {
    private long entries;
    private long rerouted;
    private long dropped;
    private long otherNumerics;

    /** Adds those of a row of a step. */
    void add(final long more, final StepBatch batch, final int row) {
        entries += more;
        rerouted += batch.reroutedEntries(row);
        dropped += batch.droppedEntries(row);
        otherNumerics += batch.otherNumericsEntries(row);
    }

    /** Expert choices of all its rows and layers. */
    public long entries() {
        return entries;
    }

    /** Those given to an expert that the gate did not choose. */
    public long rerouted() {
        return rerouted;
    }

    /** Those left out of their row's sum. */
    public long dropped() {
        return dropped;
    }

    /** Those computed in other numerics than the decoder's. */
    public long otherNumerics() {
        return otherNumerics;
    }
}
