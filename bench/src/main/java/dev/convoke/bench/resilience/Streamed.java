package dev.convoke.bench.resilience;

/**
 * One streamed answer as a client saw it; stamps are of {@link System#nanoTime()}.
 *
 * @param sentNs  when it was asked for
 * @param tokenNs arrival of each event with text, in order
 * @param endNs   arrival of its end, or of the failure
 * @param text    the whole of it
 * @param error   why it is not whole, in a sentence; empty if it is
 */
public record Streamed(long sentNs, long[] tokenNs, long endNs, String text, String error) {
    boolean failed() {
        return !error.isEmpty();
    }
}
