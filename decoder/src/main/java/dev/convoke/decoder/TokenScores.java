package dev.convoke.decoder;

/**
 * Natural log-probabilities of a run of tokens under the model's own distribution (before temperature, top-k and
 * top-p), and the most likely tokens at each place. Written by the decoder's thread before the token becomes visible.
 */
public final class TokenScores {
    private final int ranks;
    private final float[] logprobs;
    private final int[] tokenRanks;
    private final int[] topTokens;
    private final float[] topLogprobs;

    TokenScores(final int tokens, final int ranks) {
        this.ranks = ranks;
        this.logprobs = new float[tokens];
        this.tokenRanks = new int[tokens];
        this.topTokens = new int[tokens * ranks];
        this.topLogprobs = new float[tokens * ranks];
        if (tokens > 0) {
            logprobs[0] = Float.NaN;
        }
    }

    /** How many tokens have room here; 0 if no scores were asked for. */
    public int capacity() {
        return logprobs.length;
    }

    /** How many of the most likely tokens are listed at each place; places beyond the vocabulary hold -1. */
    public int ranks() {
        return ranks;
    }

    /** Of the token itself. */
    public float logprob(final int index) {
        return logprobs[index];
    }

    /** 1 if the token itself was the most likely, 2 if the second, and so on. */
    public int tokenRank(final int index) {
        return tokenRanks[index];
    }

    /** The rank-th most likely token at a place; rank 0 is the likeliest, of equal ones the lower id comes first. */
    public int topToken(final int index, final int rank) {
        return topTokens[index * ranks + rank];
    }

    /** Its log-probability. */
    public float topLogprob(final int index, final int rank) {
        return topLogprobs[index * ranks + rank];
    }

    void set(final int index, final float logprob, final int tokenRank) {
        logprobs[index] = logprob;
        tokenRanks[index] = tokenRank;
    }

    void setTop(final int index, final int rank, final int token, final float logprob) {
        topTokens[index * ranks + rank] = token;
        topLogprobs[index * ranks + rank] = logprob;
    }
}
