package dev.convoke.checkpoint;

/**
 * The chat template that comes with a tokenizer, not yet compiled.
 *
 * @param template Jinja source
 * @param bosToken text of the begin token, the template's {@code bos_token}; empty if there is none
 * @param eosToken text of the end token, the template's {@code eos_token}; empty if there is none
 */
public record ChatTemplateSource(String template, String bosToken, String eosToken) {
}
