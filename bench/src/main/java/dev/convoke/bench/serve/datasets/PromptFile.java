package dev.convoke.bench.serve.datasets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.Dataset;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.Tokenization;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/** Prompts out of a file, in random order, repeated when there are too few. */
public final class PromptFile implements Dataset {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LEAST_TOKENS = 4;
    private static final int MOST_PROMPT_TOKENS = 1024;
    private static final int MOST_TOKENS = 2048;

    private final List<LoadRequest> requests;
    private final boolean shuffled;

    private PromptFile(final List<LoadRequest> requests, final boolean shuffled, final Path file) {
        if (requests.isEmpty()) {
            throw new ConvokeException(file + " holds no usable prompt; docs/benchmarking.md has the formats.");
        }
        this.requests = requests;
        this.shuffled = shuffled;
    }

    @Override
    public List<LoadRequest> requests(final int count, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<LoadRequest> taken = new ArrayList<>(count);
        while (taken.size() < count) {
            final List<LoadRequest> round = shuffled ? Shuffle.of(requests, random) : requests;
            taken.addAll(round.subList(0, Math.min(round.size(), count - taken.size())));
        }
        return taken;
    }

    /**
     * JSON lines with {@code prompt} and perhaps {@code output_tokens}; of a file that does not end in
     * {@code .jsonl}, each line is a prompt.
     *
     * @param outputTokens where a line says nothing
     */
    public static Dataset lines(final Path file, final int outputTokens, final boolean shuffled) {
        final boolean json = file.toString().endsWith(".jsonl");
        final List<LoadRequest> requests = new ArrayList<>();
        int number = 0;
        for (final String line : read(file).lines().toList()) {
            number++;
            if (!line.isBlank()) {
                requests.add(json ? request(parsed(line, file + ", line " + number), outputTokens,
                    file + ", line " + number) : new LoadRequest(Prompt.ofText(line), outputTokens));
            }
        }
        return new PromptFile(requests, shuffled, file);
    }

    private static LoadRequest request(final JsonNode line, final int outputTokens, final String place) {
        final JsonNode prompt = line.path("prompt");
        if (!prompt.isTextual()) {
            throw new ConvokeException(place + " has no text 'prompt'.");
        }
        return new LoadRequest(Prompt.ofText(prompt.textValue()), line.path("output_tokens").asInt(outputTokens));
    }

    /**
     * The prompts that ship with the demo model.
     *
     * @param domain {@code scripture}, {@code novel} or {@code code}; empty for all
     */
    public static Dataset shipped(final Path file, final String domain, final int outputTokens,
        final boolean shuffled) {
        final List<LoadRequest> requests = new ArrayList<>();
        for (final JsonNode prompt : parsed(read(file), file.toString())) {
            if (domain.isEmpty() || domain.equals(prompt.path("domain").asText())) {
                requests.add(new LoadRequest(Prompt.ofText(prompt.path("text").asText()), outputTokens));
            }
        }
        return new PromptFile(requests, shuffled, file);
    }

    /**
     * Conversations of the ShareGPT format: the first turn is the prompt, the second gives the length of the answer
     * unless one is set. Very short and very long ones are left out, as is usual with this dataset.
     */
    public static Dataset shareGpt(final Path file, final Tokenization tokenization, final OptionalInt outputTokens,
        final boolean shuffled) {
        final List<LoadRequest> requests = new ArrayList<>();
        for (final JsonNode entry : parsed(read(file), file.toString())) {
            final JsonNode turns = entry.path("conversations");
            if (turns.size() >= 2) {
                final String prompt = turns.get(0).path("value").asText();
                final int input = tokenization.encode(prompt, true).length;
                final int output = outputTokens.orElseGet(
                    () -> tokenization.encode(turns.get(1).path("value").asText(), false).length);
                if (input >= LEAST_TOKENS && output >= LEAST_TOKENS && input <= MOST_PROMPT_TOKENS
                    && input + output <= MOST_TOKENS) {
                    requests.add(new LoadRequest(Prompt.ofText(prompt, input), output));
                }
            }
        }
        return new PromptFile(requests, shuffled, file);
    }

    /** The texts of the prompts that ship with the demo model, one after the other. */
    public static String shippedText(final Path file) {
        final StringBuilder text = new StringBuilder();
        parsed(read(file), file.toString()).forEach(prompt -> text.append(prompt.path("text").asText()).append('\n'));
        return text.toString();
    }

    static JsonNode parsed(final String json, final String place) {
        try {
            return JSON.readTree(json);
        } catch (final IOException e) {
            throw new ConvokeException(place + " is not JSON: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
    }

    static String read(final Path file) {
        try {
            return Files.readString(file);
        } catch (final IOException e) {
            throw new ConvokeException("The dataset " + file + " cannot be read (" + e.getClass().getSimpleName()
                + "); give --dataset-path.", e);
        }
    }
}
