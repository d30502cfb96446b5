package dev.convoke.bench.serve;

/** A request with its bytes ready, so that nothing has to be computed when it is due. Thread-safe. */
public interface PreparedRequest {
    /**
     * Sends it now, on the calling thread, and reads the answer to its end. Never throws for what server or network do:
     * the outcome says it.
     *
     * @param intendedNs when it was due, by the clock of the outcome
     */
    RequestOutcome send(long intendedNs);
}
