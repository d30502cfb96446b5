package dev.convoke.checkpoint;

import java.util.Optional;

/** Text to token ids and back. Thread-safe. */
public interface Tokenizer extends AutoCloseable {
    /**
     * Token ids of a text.
     *
     * @param addSpecialTokens whether the tokenizer's own template adds its begin (and end) tokens
     */
    int[] encode(String text, boolean addSpecialTokens);

    /** The text of some ids; special tokens are left out if asked. Bytes that are no character become U+FFFD. */
    String decode(int[] ids, boolean skipSpecialTokens);

    /** The vocabulary entry of an id as the tokenizer writes it, for logprobs; empty where it has no such id. */
    String token(int id);

    /** One more than the largest id, added tokens included. */
    int vocabularySize();

    /** A decoder of one stream of ids. */
    StreamDecoder streamDecoder(boolean skipSpecialTokens);

    /** The chat template that comes with it, if any. */
    Optional<ChatTemplateSource> chatTemplate();

    @Override
    void close();
}
