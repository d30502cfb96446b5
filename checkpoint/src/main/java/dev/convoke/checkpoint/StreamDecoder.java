package dev.convoke.checkpoint;

/**
 * Decodes one stream of ids; never gives out part of a character. The pieces join to the decoding of all ids, with one
 * exception: where a tokenizer spells characters in byte tokens and decodes a whole run of them as U+FFFD when any is
 * wrong, characters given out before the wrong byte came stay. Not thread-safe.
 */
public interface StreamDecoder {
    /** The text that became certain with this id; may be empty. */
    String append(int id);

    /** What is still held back, at the end of the stream; an unfinished character as U+FFFD. */
    String finish();
}
