package dev.convoke.decoder;

/**
 * How a token is drawn from the logits: divided by the temperature, cut to the top-k, then to the smallest set of
 * the most likely that holds top-p of what is left (nucleus sampling, Holtzman et al., 2020). Random numbers depend
 * on seed, choice and position alone, so the same request draws the same tokens in any company.
 *
 * @param temperature 0 takes the most likely token; of equal ones the lower id
 * @param topK        0 means all
 * @param topP        in (0, 1]; 1 means all
 * @param seed        always given by the caller
 * @param choice      tells apart the choices of one request that share a seed
 */
public record SamplingParameters(float temperature, int topK, float topP, long seed, int choice) {
    /** Always the most likely token. */
    public static final SamplingParameters GREEDY = new SamplingParameters(0, 0, 1, 0, 0);

    /** Checks the ranges. */
    public SamplingParameters {
        if (!(temperature >= 0 && temperature < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature is " + temperature + "; choose 0 or more");
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top-k is " + topK + "; choose 0 (all) or more");
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top-p is " + topP + "; choose more than 0 and at most 1");
        }
    }

    /** Whether no random number is needed. */
    public boolean isGreedy() {
        return temperature == 0;
    }
}
