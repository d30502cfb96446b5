package dev.convoke.server.http;

import dev.convoke.decoder.GenerationRequest;

/**
 * Which log-probabilities an answer tells.
 *
 * @param sampled how many alternatives for each sampled token, {@link GenerationRequest#NO_LOGPROBS} for none at all
 * @param prompt  the same for each prompt token, in {@code prompt_logprobs}
 * @param echo    whether the prompt is scored as part of the text
 */
record Scoring(int sampled, int prompt, boolean echo) {
    /** The most alternatives listed for a token. */
    static final int MOST = 20;
    private static final String PROMPT_FIELD = "prompt_logprobs";

    /** With what the request says about its prompt; streams have no place for it. */
    static Scoring of(final RequestFields fields, final int sampled, final boolean echo) {
        final int prompt = fields.integer(PROMPT_FIELD, 0, MOST).orElse(GenerationRequest.NO_LOGPROBS);
        if (prompt >= 0 && fields.flag("stream", false)) {
            throw ApiException.invalid(PROMPT_FIELD, "'prompt_logprobs' cannot be streamed; leave out 'stream'.");
        }
        return new Scoring(sampled, prompt, echo && sampled >= 0);
    }

    boolean wantsSampled() {
        return sampled >= 0;
    }

    boolean wantsPrompt() {
        return prompt >= 0;
    }

    /** What the decoder must list. */
    int ranks() {
        return Math.max(sampled, prompt);
    }

    /** Whether the decoder must score the prompt. */
    boolean scoresPrompt() {
        return echo || wantsPrompt();
    }
}
