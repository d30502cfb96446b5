package dev.convoke.checkpoint;

import java.util.Optional;

/**
 * What a checkpoint says of its tokenizer beside the vocabulary.
 *
 * @param explicit     whether it says at all which tokens frame a text; if so that replaces the post-processor of the
 *                     tokenizer itself, as in transformers 5
 * @param addBegin     put the begin token before a text
 * @param addEnd       put the end token after a text
 * @param bosToken     text of the begin token; empty if none
 * @param eosToken     text of the end token; empty if none
 * @param chatTemplate if one comes with the model
 */
public record TokenizerSettings(boolean explicit, boolean addBegin, boolean addEnd, String bosToken, String eosToken,
    Optional<ChatTemplateSource> chatTemplate) {
}
