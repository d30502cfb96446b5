package dev.convoke.checkpoint;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What {@code generation_config.json} says, where a request says nothing.
 *
 * @param beginToken  put before a prompt by the tokenizer
 * @param endTokens   tokens that end a sequence; may be empty
 * @param temperature if given
 * @param topP        if given
 * @param topK        if given
 */
public record GenerationDefaults(OptionalInt beginToken, Set<Integer> endTokens, Optional<Float> temperature,
    Optional<Float> topP, OptionalInt topK) {
    /** Nothing is said. */
    public static final GenerationDefaults NONE = new GenerationDefaults(OptionalInt.empty(), Set.of(),
        Optional.empty(), Optional.empty(), OptionalInt.empty());
}
