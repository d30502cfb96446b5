package dev.convoke.bench.serve;

/**
 * What a request asks to be continued: text, or token ids.
 *
 * @param text   the text, or null where ids are given
 * @param ids    token ids, or null where text is given; not to be changed
 * @param tokens how many tokens the server is expected to count; 0 if that is not known
 */
public record Prompt(String text, int[] ids, int tokens) {
    /** Text whose length in tokens only the server knows. */
    public static Prompt ofText(final String text) {
        return new Prompt(text, null, 0);
    }

    /** Text of so many tokens. */
    public static Prompt ofText(final String text, final int tokens) {
        return new Prompt(text, null, tokens);
    }

    /** Token ids, which the server takes as they are. */
    public static Prompt ofIds(final int[] ids) {
        return new Prompt(null, ids, ids.length);
    }
}
