package dev.convoke.bench.serve;

/** The served model's tokenizer, here or at the server. */
public interface Tokenization {
    /** Token ids of a text, with the special tokens that a completion's prompt gets if asked. */
    int[] encode(String text, boolean addSpecialTokens);

    /** The text of some ids. */
    String decode(int[] ids);
}
