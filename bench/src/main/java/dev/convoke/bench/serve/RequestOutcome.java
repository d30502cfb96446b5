package dev.convoke.bench.serve;

/**
 * What came of one request. All stamps are of one clock; those of events were taken as the read that
 * brought them returned.
 *
 * @param intendedNs   when it was due
 * @param sentNs       when it was sent, before a connection was made or reused
 * @param tokenNs      arrival of each event that carried text, in order
 * @param endNs        arrival of the last event that carried a choice, or of the failure
 * @param promptTokens of the prompt, by the server's count where it gives one
 * @param outputTokens of the answer, by the server's count, else one for each event with text
 * @param text         the answer
 * @param error        why it failed, in a sentence; empty if it did not
 */
public record RequestOutcome(long intendedNs, long sentNs, long[] tokenNs, long endNs, int promptTokens,
    int outputTokens, String text, String error) {

    /** A request that failed, after as many tokens as had come by then. */
    public static RequestOutcome failed(final long intendedNs, final long sentNs, final long[] tokenNs,
        final long endNs, final String error) {
        return new RequestOutcome(intendedNs, sentNs, tokenNs, endNs, 0, 0, "", error);
    }

    /** Whether the whole answer came. */
    public boolean succeeded() {
        return error.isEmpty();
    }

    /** From the intended time to the first token. */
    public long timeToFirstTokenNs() {
        return tokenNs[0] - intendedNs;
    }

    /** From the intended time to the end of the answer. */
    public long endToEndNs() {
        return endNs - intendedNs;
    }

    /** From the intended time to the sending: this client's lateness, and waiting for a slot if slots are capped. */
    public long queueNs() {
        return sentNs - intendedNs;
    }

    /** Mean time of a token after the first; 0 where there is none after it. */
    public long timePerOutputTokenNs() {
        return outputTokens > 1 ? (endNs - tokenNs[0]) / (outputTokens - 1) : 0;
    }
}
