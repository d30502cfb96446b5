package dev.convoke.decoder;

import java.util.Arrays;

/**
 * What sampling parameters do to logits before the temperature, in the order that {@link SamplingParameters} gives.
 * Excluded tokens get minus infinity. Nothing is kept between calls: what a sequence has sampled is read from it.
 * Owned by the decoder's thread; allocates at the start.
 */
final class LogitAdjustments {
    private final boolean[] marked;
    private final int[] timesSampled;

    LogitAdjustments(final int vocabulary) {
        marked = new boolean[vocabulary];
        timesSampled = new int[vocabulary];
    }

    /** Changes [vocabulary] logits for the next token of a sequence. */
    void apply(final float[] logits, final SamplingParameters parameters, final Sequence sequence) {
        keepAllowed(logits, parameters.allowedTokens());
        for (final int[] word : parameters.badWords()) {
            if (endsWithAllButLast(sequence, word)) {
                exclude(logits, word[word.length - 1]);
            }
        }
        if (sequence.sampled() < parameters.minTokens()) {
            for (final int token : sequence.request().endTokens()) {
                exclude(logits, token);
            }
        }
        for (int i = 0; i < parameters.biasedTokens().length; i++) {
            logits[parameters.biasedTokens()[i]] += parameters.biases()[i];
        }
        if (parameters.penalises()) {
            penalise(logits, parameters, sequence);
        }
    }

    private void keepAllowed(final float[] logits, final int[] allowed) {
        if (allowed.length == 0) {
            return;
        }
        for (final int token : allowed) {
            marked[token] = true;
        }
        for (int token = 0; token < logits.length; token++) {
            if (!marked[token]) {
                logits[token] = Float.NEGATIVE_INFINITY;
            }
        }
        Arrays.fill(marked, false);
    }

    private static boolean endsWithAllButLast(final Sequence sequence, final int[] word) {
        final int before = word.length - 1;
        if (sequence.sampled() < before) {
            return false;
        }
        for (int i = 0; i < before; i++) {
            if (sequence.token(sequence.length() - before + i) != word[i]) {
                return false;
            }
        }
        return true;
    }

    private static void exclude(final float[] logits, final int token) {
        if (token >= 0 && token < logits.length) {
            logits[token] = Float.NEGATIVE_INFINITY;
        }
    }

    /** Visits each token that occurred once, whatever its count. */
    private void penalise(final float[] logits, final SamplingParameters parameters, final Sequence sequence) {
        final int promptLength = sequence.request().promptLength();
        for (int position = promptLength; position < sequence.length(); position++) {
            timesSampled[sequence.token(position)]++;
        }
        for (int position = 0; position < sequence.length(); position++) {
            final int token = sequence.token(position);
            if (!marked[token]) {
                marked[token] = true;
                final float repeated = logits[token] > 0 ? logits[token] / parameters.repetitionPenalty()
                    : logits[token] * parameters.repetitionPenalty();
                final int times = timesSampled[token];
                logits[token] = repeated - times * parameters.frequencyPenalty()
                    - (times > 0 ? parameters.presencePenalty() : 0);
            }
        }
        for (int position = 0; position < sequence.length(); position++) {
            marked[sequence.token(position)] = false;
            timesSampled[sequence.token(position)] = 0;
        }
    }
}
