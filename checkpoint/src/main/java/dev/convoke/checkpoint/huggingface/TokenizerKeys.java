package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.TokenizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What tokenizer_config.json, special_tokens_map.json and chat_template.jinja, all of which may be missing, say beside
 * tokenizer.json.
 */
final class TokenizerKeys {
    private static final int MAX_TEMPLATE_BYTES = 1 << 20;

    private TokenizerKeys() {
    }

    static TokenizerSettings read(final Path directory) {
        final Optional<JsonFields> config = JsonFields.readIfPresent(directory.resolve("tokenizer_config.json"));
        final Optional<Boolean> addBegin = config.flatMap(fields -> fields.flag("add_bos_token"));
        final Optional<Boolean> addEnd = config.flatMap(fields -> fields.flag("add_eos_token"));
        final Optional<JsonFields> map = JsonFields.readIfPresent(directory.resolve("special_tokens_map.json"));
        final String bosToken = specialToken(config, map, "bos_token");
        final String eosToken = specialToken(config, map, "eos_token");
        final Optional<ChatTemplateSource> chatTemplate = templateFile(directory.resolve("chat_template.jinja"))
            .or(() -> config.flatMap(fields -> template(fields, "default")))
            .map(template -> new ChatTemplateSource(template,
                config.flatMap(fields -> template(fields, "tool_use")).filter(named -> !named.equals(template)),
                bosToken, eosToken));
        return new TokenizerSettings(addBegin.isPresent() || addEnd.isPresent(),
            addBegin.orElse(false) && !bosToken.isEmpty(), addEnd.orElse(false) && !eosToken.isEmpty(), bosToken,
            eosToken, chatTemplate);
    }

    /** As tokenizer_config.json says, else as special_tokens_map.json does. */
    private static String specialToken(final Optional<JsonFields> config, final Optional<JsonFields> map,
        final String key) {
        return config.flatMap(fields -> specialToken(fields, key)).or(() -> map.flatMap(
            fields -> specialToken(fields, key))).orElse("");
    }

    /** A token is written as a string or as an object with {@code content}. */
    private static Optional<String> specialToken(final JsonFields fields, final String key) {
        return fields.node(key).map(node -> {
            final JsonNode content = node.isObject() ? node.path("content") : node;
            if (!content.isTextual()) {
                throw fields.wrong(key, "a string, or an object with the string 'content'", node);
            }
            return content.textValue();
        });
    }

    /** Of a string or a list of named templates. A string is the one called {@code default}. */
    private static Optional<String> template(final JsonFields fields, final String name) {
        final JsonNode node = fields.node("chat_template").orElse(null);
        if (node == null || node.isTextual()) {
            return Optional.ofNullable(node).filter(_ -> "default".equals(name)).map(JsonNode::textValue);
        }
        if (!node.isArray()) {
            throw fields.wrong("chat_template", "a string or a list of named templates", node);
        }
        for (final JsonNode named : node) {
            if (!named.path("name").isTextual() || !named.path("template").isTextual()) {
                throw fields.error("chat_template", "must list objects with the strings 'name' and 'template'.");
            }
            if (named.path("name").textValue().equals(name)) {
                return Optional.of(named.path("template").textValue());
            }
        }
        return Optional.empty();
    }

    private static Optional<String> templateFile(final Path file) {
        try {
            if (Files.size(file) > MAX_TEMPLATE_BYTES) {
                throw new CheckpointException(file + " is larger than " + MAX_TEMPLATE_BYTES
                    + " bytes, which no chat template is; download it again.");
            }
            return Optional.of(Files.readString(file));
        } catch (final NoSuchFileException e) {
            return Optional.empty();
        } catch (final IOException e) {
            throw JsonFields.unreadable(file, e);
        }
    }
}
