package dev.convoke.bench.quality;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokenised texts to score.
 *
 * @param tokens  of each text; the first token of a text is only given, not scored
 */
public record Passages(List<int[]> tokens) {
    private static final int LEAST_TOKENS = 2;

    /**
     * Reads an object whose {@code passages} have {@code token_ids}, as in the {@code reference.json} of a model.
     *
     * @throws ConvokeException naming the file and what in it is missing
     */
    public static Passages read(final Path file) {
        final JsonNode passages;
        try {
            passages = new ObjectMapper().readTree(file.toFile()).path("passages");
        } catch (final IOException e) {
            throw new ConvokeException("Cannot read the passages in " + file + ": " + e.getMessage()
                + "; name a JSON file with 'passages'.", e);
        }
        final List<int[]> tokens = new ArrayList<>();
        for (final JsonNode passage : passages) {
            tokens.add(tokens(file, tokens.size(), passage.path("token_ids")));
        }
        if (tokens.isEmpty()) {
            throw new ConvokeException(file + " has no 'passages'; each must be an object with 'token_ids'.");
        }
        return new Passages(List.copyOf(tokens));
    }

    private static int[] tokens(final Path file, final int number, final JsonNode ids) {
        final int[] tokens = new int[ids.size()];
        for (int i = 0; i < tokens.length; i++) {
            if (!ids.get(i).canConvertToInt() || !ids.get(i).isIntegralNumber() || ids.get(i).intValue() < 0) {
                throw new ConvokeException(file + ": passage " + number + " lists " + ids.get(i)
                    + " in 'token_ids', which is no token; list whole numbers.");
            }
            tokens[i] = ids.get(i).intValue();
        }
        if (tokens.length < LEAST_TOKENS) {
            throw new ConvokeException(file + ": passage " + number + " has " + tokens.length
                + " 'token_ids'; at least " + LEAST_TOKENS + " are needed to score one.");
        }
        return tokens;
    }

    /** Tokens that are scored. */
    public int scored() {
        return tokens.stream().mapToInt(each -> each.length - 1).sum();
    }
}
