package dev.convoke.bench.quality;

/**
 * How a model finds texts.
 *
 * @param meanNll     mean of -log p over all scored tokens, natural logarithm
 * @param likeliest   the most likely token at each scored place, texts one after another
 * @param weightBytes of all weights as they are packed
 */
public record Scores(double meanNll, int[] likeliest, double weightBytes) {
    /** exp of the mean negative log-likelihood. */
    public double perplexity() {
        return Math.exp(meanNll);
    }

    /** Share of places at which both find the same token most likely. */
    public double agreement(final Scores other) {
        int same = 0;
        for (int i = 0; i < likeliest.length; i++) {
            same += likeliest[i] == other.likeliest[i] ? 1 : 0;
        }
        return (double)same / likeliest.length;
    }
}
