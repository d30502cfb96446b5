package dev.convoke.bench.serve.datasets;

import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.Tokenization;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Draws random prompts of an exact number of tokens from the ids that occur in a text, so that there are neither
 * special tokens nor ones the model never saw.
 */
public final class TokenPool {
    private static final int MOST_ATTEMPTS = 20;

    private final Tokenization tokenization;
    private final int[] ids;
    private final boolean asText;
    private final int specialTokens;

    /**
     * The ids of a text.
     *
     * @param asText whether prompts are given as text, whose length is that of the text encoded again with the special
     *               tokens of a prompt, rather than as ids
     */
    public TokenPool(final Tokenization tokenization, final String text, final boolean asText) {
        this.tokenization = tokenization;
        this.asText = asText;
        final int[] encoded = tokenization.encode(text, false);
        this.ids = Arrays.stream(encoded).distinct().sorted().toArray();
        this.specialTokens = tokenization.encode(text, true).length - encoded.length;
    }

    /** So many random ids. */
    int[] draw(final RandomGenerator random, final int count) {
        return random.ints(count, 0, ids.length).map(i -> ids[i]).toArray();
    }

    /**
     * A prompt that begins with these ids. As text it may begin a little differently, since neighbouring ids can encode
     * otherwise; its length is what {@link Prompt#tokens} says, which in rare cases differs from what is wanted.
     */
    Prompt prompt(final int[] wanted, final RandomGenerator random) {
        if (!asText) {
            return Prompt.ofIds(wanted);
        }
        final int target = Math.max(1, wanted.length - specialTokens);
        int[] attempt = Arrays.copyOf(wanted, target);
        String text = tokenization.decode(attempt);
        int[] encoded = tokenization.encode(text, false);
        for (int i = 0; i < MOST_ATTEMPTS && encoded.length != target; i++) {
            attempt = Arrays.copyOf(encoded, target);
            if (encoded.length < target) {
                final int[] more = draw(random, target - encoded.length);
                System.arraycopy(more, 0, attempt, encoded.length, more.length);
            }
            text = tokenization.decode(attempt);
            encoded = tokenization.encode(text, false);
        }
        return Prompt.ofText(text, encoded.length + specialTokens);
    }
}
