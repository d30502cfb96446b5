package dev.convoke.decoder;

import java.util.concurrent.atomic.AtomicBoolean;

/** One sequence to generate: what to start from, how to go on, when to stop, and the stream that receives it. */
public final class GenerationRequest {
    /** {@link #topLogprobs()}: no log-probabilities at all. */
    public static final int NO_LOGPROBS = -1;

    private final int[] promptTokens;
    private final int maxTokens;
    private final SamplingParameters sampling;
    private final int[] endTokens;
    private final int topLogprobs;
    private final boolean promptLogprobs;
    private final String label;
    private final TokenStream stream;
    private final AtomicBoolean accepted = new AtomicBoolean();
    private long number = -1;
    private volatile boolean cancelled;

    private GenerationRequest(final Builder builder) {
        promptTokens = builder.promptTokens;
        maxTokens = builder.maxTokens;
        sampling = builder.sampling;
        endTokens = builder.endTokens;
        topLogprobs = builder.topLogprobs;
        promptLogprobs = builder.promptLogprobs;
        label = builder.label;
        stream = new TokenStream(promptLogprobs ? promptTokens.length : 0, maxTokens, topLogprobs);
    }

    /** Starts from a prompt of one token or more; the array is copied. */
    public static Builder of(final int... promptTokens) {
        return new Builder(promptTokens);
    }

    /** The prompt; read only. */
    int[] promptTokens() {
        return promptTokens;
    }

    /** Tokens in the prompt. */
    public int promptLength() {
        return promptTokens.length;
    }

    /** The most tokens that are sampled; 0 only scores the prompt. */
    public int maxTokens() {
        return maxTokens;
    }

    /** How tokens are drawn. */
    public SamplingParameters sampling() {
        return sampling;
    }

    /** Whether a token ends the sequence. */
    boolean isEndToken(final int token) {
        for (final int endToken : endTokens) {
            if (endToken == token) {
                return true;
            }
        }
        return false;
    }

    /** Tokens that end the sequence; read only. */
    int[] endTokens() {
        return endTokens;
    }

    /** {@link #NO_LOGPROBS}, or 0 for those of the sampled tokens, or how many of the most likely to add. */
    public int topLogprobs() {
        return topLogprobs;
    }

    /** Whether the prompt's own tokens are scored too. */
    public boolean promptLogprobs() {
        return promptLogprobs;
    }

    /** What routing traces call its rows; empty for nothing. */
    public String label() {
        return label;
    }

    /** Counts the requests that a decoder has accepted, from 0; -1 before. */
    public long number() {
        return number;
    }

    /** Numbers it; before the decoder's thread sees it. */
    void number(final long accepted) {
        number = accepted;
    }

    /** Where the tokens appear. */
    public TokenStream stream() {
        return stream;
    }

    /** True once. */
    boolean tryMarkAccepted() {
        return accepted.compareAndSet(false, true);
    }

    /** Asks for the end at the next step; see {@link Decoder#cancel}. */
    void markCancelled() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** Collects what a request says. */
    public static final class Builder {
        private final int[] promptTokens;
        private int maxTokens = 16;
        private SamplingParameters sampling = SamplingParameters.GREEDY;
        private int[] endTokens = {};
        private int topLogprobs = NO_LOGPROBS;
        private boolean promptLogprobs;
        private String label = "";

        private Builder(final int[] promptTokens) {
            if (promptTokens.length == 0) {
                throw new IllegalArgumentException("the prompt has no tokens; give at least one");
            }
            this.promptTokens = promptTokens.clone();
        }

        /** The most tokens to sample, 16 unless set; the stream reserves memory for them. */
        public Builder maxTokens(final int tokens) {
            if (tokens < 0) {
                throw new IllegalArgumentException("max tokens is " + tokens + "; choose 0 or more");
            }
            maxTokens = tokens;
            return this;
        }

        /** How to draw tokens; greedy unless set. */
        public Builder sampling(final SamplingParameters parameters) {
            sampling = parameters;
            return this;
        }

        /** Tokens that end the sequence; none unless set. */
        public Builder endTokens(final int... tokens) {
            endTokens = tokens.clone();
            return this;
        }

        /** {@link #NO_LOGPROBS} unless set, 0 for the sampled tokens' alone, or how many of the most likely to add. */
        public Builder topLogprobs(final int count) {
            if (count < NO_LOGPROBS) {
                throw new IllegalArgumentException("top logprobs is " + count + "; choose 0 or more");
            }
            topLogprobs = count;
            return this;
        }

        /** Scores the prompt's tokens as well; needs log-probabilities. */
        public Builder promptLogprobs(final boolean wanted) {
            promptLogprobs = wanted;
            return this;
        }

        /** What routing traces call its rows, a domain for example; nothing unless set. */
        public Builder label(final String text) {
            label = text;
            return this;
        }

        /** The request, with an empty stream. */
        public GenerationRequest build() {
            if (promptLogprobs && topLogprobs == NO_LOGPROBS) {
                topLogprobs = 0;
            }
            return new GenerationRequest(this);
        }
    }
}
