package dev.convoke.bench.model;

/**
 * One thing to measure.
 *
 * @param promptTokens    of each sequence; at least 1
 * @param generatedTokens of each sequence, after the first one, which comes with the prompt; 0 for the prompt alone
 * @param parallel        sequences that run together
 */
public record ModelTest(int promptTokens, int generatedTokens, int parallel) {
    /** As llama-bench names it: {@code pp512}, {@code tg128}, or {@code pp128+tg32 x4}. */
    public String name() {
        final String phase = generatedTokens == 0 ? "pp" + promptTokens
            : promptTokens == 1 ? "tg" + generatedTokens : "pp" + promptTokens + "+tg" + generatedTokens;
        return parallel == 1 ? phase : phase + " x" + parallel;
    }

    /** Positions that all sequences take together at most. */
    public long positions() {
        return (long)parallel * (promptTokens + generatedTokens + 1);
    }
}
