package dev.convoke.decoder;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a token is drawn from the logits. In this order: tokens that are not allowed, and the last token of a bad word
 * whose others have just been sampled, are excluded; so are end tokens before the least number of tokens; biases are
 * added; logits of tokens that occurred are divided by the repetition penalty where positive and multiplied where
 * negative (CTRL, Keskar et al., 2019); the frequency penalty is taken off for each time a token was sampled and the
 * presence penalty once if it was; then the logits are divided by the temperature, tokens less likely than min-p times
 * the likeliest are cut, then all but the top-k, then all but the smallest set of the most likely that holds top-p of
 * what is left (nucleus sampling, Holtzman et al., 2020). Random numbers depend on seed, choice and position alone, so
 * the same request draws the same tokens in any company. Immutable.
 */
public final class SamplingParameters {
    /** Always the most likely token. */
    public static final SamplingParameters GREEDY = builder().temperature(0).build();
    private static final float MOST_PENALTY = 2;
    private static final float MOST_BIAS = 100;

    private final float temperature;
    private final int topK;
    private final float topP;
    private final float minP;
    private final float repetitionPenalty;
    private final float presencePenalty;
    private final float frequencyPenalty;
    private final int minTokens;
    private final int[] biasedTokens;
    private final float[] biases;
    private final int[] allowedTokens;
    private final int[][] badWords;
    private final long seed;
    private final int choice;

    private SamplingParameters(final Builder builder) {
        temperature = builder.temperature;
        topK = builder.topK;
        topP = builder.topP;
        minP = builder.minP;
        repetitionPenalty = builder.repetitionPenalty;
        presencePenalty = builder.presencePenalty;
        frequencyPenalty = builder.frequencyPenalty;
        minTokens = builder.minTokens;
        biasedTokens = builder.biasedTokens;
        biases = builder.biases;
        allowedTokens = builder.allowedTokens;
        badWords = builder.badWords;
        seed = builder.seed;
        choice = builder.choice;
    }

    /** Starts from temperature 1, no cuts, no adjustments, seed 0 and choice 0. */
    public static Builder builder() {
        return new Builder();
    }

    /** The same parameters for another choice of the request, which shares the seed. */
    public SamplingParameters ofChoice(final int number) {
        final Builder builder = new Builder();
        builder.temperature = temperature;
        builder.topK = topK;
        builder.topP = topP;
        builder.minP = minP;
        builder.repetitionPenalty = repetitionPenalty;
        builder.presencePenalty = presencePenalty;
        builder.frequencyPenalty = frequencyPenalty;
        builder.minTokens = minTokens;
        builder.biasedTokens = biasedTokens;
        builder.biases = biases;
        builder.allowedTokens = allowedTokens;
        builder.badWords = badWords;
        builder.seed = seed;
        builder.choice = number;
        return builder.build();
    }

    /** 0 takes the most likely token; of equal ones the lower id. */
    public float temperature() {
        return temperature;
    }

    /** 0 means all. */
    public int topK() {
        return topK;
    }

    /** In (0, 1]; 1 means all. */
    public float topP() {
        return topP;
    }

    /** In [0, 1]; 0 means all. */
    public float minP() {
        return minP;
    }

    /** More than 0; 1 means none. */
    public float repetitionPenalty() {
        return repetitionPenalty;
    }

    /** From -2 to 2; 0 means none. */
    public float presencePenalty() {
        return presencePenalty;
    }

    /** From -2 to 2; 0 means none. */
    public float frequencyPenalty() {
        return frequencyPenalty;
    }

    /** Tokens that are sampled before an end token may be. */
    public int minTokens() {
        return minTokens;
    }

    /** Ids with a bias, ascending; read only. */
    int[] biasedTokens() {
        return biasedTokens;
    }

    /** Their biases; read only. */
    float[] biases() {
        return biases;
    }

    /** The only ids that may be sampled; empty means all; read only. */
    int[] allowedTokens() {
        return allowedTokens;
    }

    /** Runs of ids that must not be completed; read only. */
    int[][] badWords() {
        return badWords;
    }

    /** Always given by the caller. */
    public long seed() {
        return seed;
    }

    /** Tells apart the choices of one request that share a seed. */
    public int choice() {
        return choice;
    }

    /** Whether no random number is needed. */
    public boolean isGreedy() {
        return temperature == 0;
    }

    /** Whether logits change before the temperature. */
    boolean adjustsLogits() {
        return penalises() || minTokens > 0 || biasedTokens.length > 0 || allowedTokens.length > 0
            || badWords.length > 0;
    }

    /** Whether tokens that occurred count less or more. */
    boolean penalises() {
        return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
    }

    /** The largest id that is named, or -1. */
    int largestToken() {
        int largest = -1;
        for (final int token : biasedTokens) {
            largest = Math.max(largest, token);
        }
        for (final int token : allowedTokens) {
            largest = Math.max(largest, token);
        }
        for (final int[] word : badWords) {
            for (final int token : word) {
                largest = Math.max(largest, token);
            }
        }
        return largest;
    }

    /** Collects and checks; each method throws {@link IllegalArgumentException} with a sentence. */
    public static final class Builder {
        private float temperature = 1;
        private int topK;
        private float topP = 1;
        private float minP;
        private float repetitionPenalty = 1;
        private float presencePenalty;
        private float frequencyPenalty;
        private int minTokens;
        private int[] biasedTokens = {};
        private float[] biases = {};
        private int[] allowedTokens = {};
        private int[][] badWords = {};
        private long seed;
        private int choice;

        private Builder() {
        }

        /** 0 or more. */
        public Builder temperature(final float value) {
            require(value >= 0 && value < Float.POSITIVE_INFINITY, "temperature", value, "0 or more");
            temperature = value;
            return this;
        }

        /** 0 (all) or more. */
        public Builder topK(final int value) {
            require(value >= 0, "top-k", value, "0 (all) or more");
            topK = value;
            return this;
        }

        /** More than 0 and at most 1. */
        public Builder topP(final float value) {
            require(value > 0 && value <= 1, "top-p", value, "more than 0 and at most 1");
            topP = value;
            return this;
        }

        /** From 0 to 1. */
        public Builder minP(final float value) {
            require(value >= 0 && value <= 1, "min-p", value, "0 to 1");
            minP = value;
            return this;
        }

        /** More than 0. */
        public Builder repetitionPenalty(final float value) {
            require(value > 0 && value < Float.POSITIVE_INFINITY, "repetition penalty", value, "more than 0");
            repetitionPenalty = value;
            return this;
        }

        /** From -2 to 2. */
        public Builder presencePenalty(final float value) {
            require(Math.abs(value) <= MOST_PENALTY, "presence penalty", value, "-2 to 2");
            presencePenalty = value;
            return this;
        }

        /** From -2 to 2. */
        public Builder frequencyPenalty(final float value) {
            require(Math.abs(value) <= MOST_PENALTY, "frequency penalty", value, "-2 to 2");
            frequencyPenalty = value;
            return this;
        }

        /** 0 or more. */
        public Builder minTokens(final int value) {
            require(value >= 0, "min tokens", value, "0 or more");
            minTokens = value;
            return this;
        }

        /** Adds -100 to 100 to the logits of some ids. */
        public Builder logitBias(final Map<Integer, Float> byToken) {
            final TreeMap<Integer, Float> sorted = new TreeMap<>(byToken);
            sorted.forEach((token, bias) -> {
                requireToken(token);
                require(Math.abs(bias) <= MOST_BIAS, "the logit bias of token " + token, bias, "-100 to 100");
            });
            biasedTokens = sorted.keySet().stream().mapToInt(Integer::intValue).toArray();
            biases = new float[biasedTokens.length];
            int index = 0;
            for (final float bias : sorted.values()) {
                biases[index++] = bias;
            }
            return this;
        }

        /** Allows these ids alone; none given allows all. */
        public Builder allowedTokens(final int... tokens) {
            Arrays.stream(tokens).forEach(Builder::requireToken);
            allowedTokens = tokens.clone();
            return this;
        }

        /** Forbids runs of ids, none of them empty. */
        public Builder badWords(final List<int[]> words) {
            for (final int[] word : words) {
                require(word.length > 0, "a bad word's length", 0, "at least one token");
                Arrays.stream(word).forEach(Builder::requireToken);
            }
            badWords = words.stream().map(int[]::clone).toArray(int[][]::new);
            return this;
        }

        /** Same seed, same tokens. */
        public Builder seed(final long value) {
            seed = value;
            return this;
        }

        /** Number of the choice within its request. */
        public Builder choice(final int value) {
            choice = value;
            return this;
        }

        /** The parameters. */
        public SamplingParameters build() {
            return new SamplingParameters(this);
        }

        private static void requireToken(final int token) {
            require(token >= 0, "a token id", token, "0 or more");
        }

        private static void require(final boolean holds, final String name, final Object value, final String range) {
            if (!holds) {
                throw new IllegalArgumentException(name + " is " + value + "; choose " + range);
            }
        }
    }
}
