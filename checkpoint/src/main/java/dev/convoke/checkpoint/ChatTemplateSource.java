package dev.convoke.checkpoint;

import java.util.Optional;

/**
 * The chat template that comes with a tokenizer, not yet compiled.
 *
 * @param template     Jinja source
 * @param toolTemplate takes its place in conversations with tools, if the model has one of its own for them
 * @param bosToken     text of the begin token, the template's {@code bos_token}; empty if there is none
 * @param eosToken     text of the end token, the template's {@code eos_token}; empty if there is none
 */
public record ChatTemplateSource(String template, Optional<String> toolTemplate, String bosToken, String eosToken) {
    /** One template for all conversations. */
    public ChatTemplateSource(final String template, final String bosToken, final String eosToken) {
        this(template, Optional.empty(), bosToken, eosToken);
    }
}
