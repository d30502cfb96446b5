package dev.convoke.bench.serve;

import java.util.OptionalLong;

/**
 * One request of a run.
 *
 * @param prompt       what it asks
 * @param outputTokens the most tokens of the answer
 * @param offsetNs     when it is due, from the start of the run, where the dataset says so
 */
public record LoadRequest(Prompt prompt, int outputTokens, OptionalLong offsetNs) {
    /** A request that is due when the arrival process says. */
    public LoadRequest(final Prompt prompt, final int outputTokens) {
        this(prompt, outputTokens, OptionalLong.empty());
    }
}
