package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.GenerationDefaults;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Sampling and stop defaults of generation_config.json, which may be missing; tokens fall back to config.json's. */
final class GenerationKeys {
    private static final float MAX_TEMPERATURE = 100;

    private GenerationKeys() {
    }

    static GenerationDefaults read(final Path directory, final JsonFields config, final int vocabularySize) {
        final Optional<JsonFields> generation = JsonFields.readIfPresent(directory.resolve("generation_config.json"));
        final int lastToken = vocabularySize - 1;
        return new GenerationDefaults(
            generation.map(fields -> fields.optionalInteger("bos_token_id", 0, lastToken))
                .filter(OptionalInt::isPresent)
                .orElseGet(() -> config.optionalInteger("bos_token_id", 0, lastToken)),
            endTokens(generation.filter(fields -> fields.has("eos_token_id")).orElse(config), lastToken),
            generation.flatMap(fields -> fields.optionalDecimal("temperature", 0, MAX_TEMPERATURE))
                .map(Double::floatValue),
            generation.flatMap(fields -> fields.optionalPositive("top_p", 1)).map(Double::floatValue),
            generation.map(fields -> fields.optionalInteger("top_k", 0, Integer.MAX_VALUE))
                .orElse(OptionalInt.empty()));
    }

    private static Set<Integer> endTokens(final JsonFields fields, final int lastToken) {
        final Set<Integer> tokens = new TreeSet<>();
        for (final int token : fields.integers("eos_token_id", 0, lastToken)) {
            tokens.add(token);
        }
        return Set.copyOf(tokens);
    }
}
