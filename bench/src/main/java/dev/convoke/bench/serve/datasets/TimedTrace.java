package dev.convoke.bench.serve.datasets;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.bench.serve.Dataset;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.core.ConvokeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/**
 * A recorded arrival process, as JSON lines: {@code timestamp} in milliseconds, {@code output_length}, and either
 * {@code prompt} or {@code input_length}, perhaps with {@code hash_ids} that name the prompt's blocks of 512 tokens:
 * equal ids make equal tokens, so that prompts share what they shared when they were recorded.
 */
public final class TimedTrace implements Dataset {
    private static final int BLOCK_TOKENS = 512;

    private final Path file;
    private final TokenPool pool;
    private final double speed;

    /**
     * A trace.
     *
     * @param pool  where tokens come from for requests that give lengths
     * @param speed how many times as fast as recorded
     */
    public TimedTrace(final Path file, final TokenPool pool, final double speed) {
        this.file = file;
        this.pool = pool;
        this.speed = speed;
    }

    /** The first lines of the file; fewer if it holds fewer. */
    @Override
    public List<LoadRequest> requests(final int count, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<LoadRequest> requests = new ArrayList<>();
        double firstMs = 0;
        double previousMs = Double.NEGATIVE_INFINITY;
        for (final String text : PromptFile.read(file).lines().filter(line -> !line.isBlank()).limit(count).toList()) {
            final JsonNode line = PromptFile.parsed(text, file.toString());
            final double timestampMs = line.path("timestamp").asDouble(Double.NaN);
            if (!(timestampMs >= previousMs) || line.path("output_length").asInt() < 1) {
                throw new ConvokeException(file + ", request " + (requests.size() + 1) + ": needs 'output_length' and "
                    + "a 'timestamp' in milliseconds that is not before that of the line above.");
            }
            firstMs = requests.isEmpty() ? timestampMs : firstMs;
            previousMs = timestampMs;
            requests.add(new LoadRequest(prompt(line, seed, random), line.path("output_length").asInt(),
                OptionalLong.of(Math.round((timestampMs - firstMs) * 1e6 / speed))));
        }
        if (requests.isEmpty()) {
            throw new ConvokeException(file + " holds no request.");
        }
        return requests;
    }

    private Prompt prompt(final JsonNode line, final long seed, final SplittableRandom random) {
        if (line.path("prompt").isTextual()) {
            return Prompt.ofText(line.get("prompt").textValue());
        }
        final int length = line.path("input_length").asInt();
        if (length < 1) {
            throw new ConvokeException(file + ": a request has neither 'prompt' nor 'input_length'.");
        }
        final int[] ids = pool.draw(random, length);
        final JsonNode hashes = line.path("hash_ids");
        for (int block = 0; block < hashes.size() && block * BLOCK_TOKENS < length; block++) {
            final int from = block * BLOCK_TOKENS;
            final int[] shared =
                pool.draw(new SplittableRandom(seed * 31 + hashes.get(block).asLong()), BLOCK_TOKENS);
            System.arraycopy(shared, 0, ids, from, Math.min(BLOCK_TOKENS, length - from));
        }
        return pool.prompt(ids, random);
    }
}
