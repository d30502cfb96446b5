package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.StreamDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Recognises how a tokenizer.json turns entries into text, and makes the stream decoder that does the same. */
final class TokenText {
    private TokenText() {
    }

    /**
     * The exact stream decoder for byte-level and byte-fallback decoders.
     *
     * @return empty for any other decoder
     */
    static Optional<StreamDecoder> streamDecoder(final Vocabulary vocabulary, final boolean skipSpecial) {
        final List<JsonNode> steps = steps(vocabulary.decoder());
        if (steps.size() == 1 && type(steps.getFirst()).equals("ByteLevel")) {
            return Optional.of(new ByteLevelStream(vocabulary, skipSpecial));
        }
        return byteFallback(steps).map(rules -> new ByteFallbackStream(vocabulary, skipSpecial, rules));
    }

    /** {@code Replace* ByteFallback Fuse [Strip]}, as converted from SentencePiece. */
    private static Optional<ByteFallbackStream.Rules> byteFallback(final List<JsonNode> steps) {
        int next = 0;
        final List<ByteFallbackStream.Replacement> replacements = new ArrayList<>();
        while (next < steps.size() && type(steps.get(next)).equals("Replace")) {
            final JsonNode pattern = steps.get(next).path("pattern").path("String");
            final JsonNode content = steps.get(next).path("content");
            if (!pattern.isTextual() || pattern.textValue().isEmpty() || !content.isTextual()) {
                return Optional.empty();
            }
            replacements.add(new ByteFallbackStream.Replacement(pattern.textValue(), content.textValue()));
            next++;
        }
        if (steps.size() < next + 2 || !type(steps.get(next)).equals("ByteFallback")
            || !type(steps.get(next + 1)).equals("Fuse")) {
            return Optional.empty();
        }
        next += 2;
        if (next == steps.size()) {
            return Optional.of(new ByteFallbackStream.Rules(replacements, ' ', 0));
        }
        final JsonNode strip = steps.get(next);
        final String stripped = strip.path("content").asText();
        final boolean plain = next + 1 == steps.size() && type(strip).equals("Strip")
            && stripped.codePointCount(0, stripped.length()) == 1 && strip.path("stop").asInt(-1) == 0;
        return plain ? Optional.of(new ByteFallbackStream.Rules(replacements, stripped.codePointAt(0),
            Math.max(0, strip.path("start").asInt()))) : Optional.empty();
    }

    private static List<JsonNode> steps(final JsonNode decoder) {
        if (!type(decoder).equals("Sequence")) {
            return List.of(decoder);
        }
        final List<JsonNode> steps = new ArrayList<>();
        decoder.path("decoders").forEach(steps::add);
        return steps;
    }

    private static String type(final JsonNode step) {
        return step.path("type").asText();
    }
}
