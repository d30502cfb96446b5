package dev.convoke.bench.resilience;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What a stream asks again and again; the answer is the same each time.
 *
 * @param prompt to be continued
 * @param seed   of sampling
 */
public record Question(String prompt, long seed) {
    private static final List<String> PROMPTS = List.of("In the beginning", "It is a truth", "def main(argv):\n    ",
        "And it came to pass", "She was a woman", "class Reader:\n", "Blessed are they", "import os\n");

    /** One for each of so many streams. */
    static List<Question> of(final int streams) {
        return IntStream.range(0, streams).mapToObj(i -> new Question(PROMPTS.get(i % PROMPTS.size()), i)).toList();
    }
}
