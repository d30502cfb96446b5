package dev.convoke.bench.serve.datasets;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.bench.serve.Dataset;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Tokenization;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.checkpoint.huggingface.HuggingFaceTokenizer;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
    private static final long SEED = Long.getLong("convoke.seed", 11);
    private static final Path TINY = Path.of(System.getProperty("convoke.models"), "tiny-moe");

    private static Tokenizer tokenizer;
    private static Tokenization tokenization;

    @TempDir
    private Path directory;

    @BeforeAll
    static void open() {
        tokenizer = HuggingFaceTokenizer.open(TINY);
        tokenization = new Tokenization() {
            @Override
            public int[] encode(final String text, final boolean addSpecialTokens) {
                return tokenizer.encode(text, addSpecialTokens);
            }

            @Override
            public String decode(final int[] ids) {
                return tokenizer.decode(ids, false);
            }
        };
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static TokenPool pool(final boolean asText) {
        return new TokenPool(tokenization, PromptFile.shippedText(TINY.resolve("prompts.json")), asText);
    }

    @Test
    void shouldMakeTextOfTheExactNumberOfTokens() {
        for (final LoadRequest request : new RandomDataset(pool(true), 100, 7, 0.5).requests(50, SEED)) {
            final int tokens = tokenizer.encode(request.prompt().text(), true).length;
            assertEquals(tokens, request.prompt().tokens(), "seed " + SEED);
            assertTrue(tokens >= 50 && tokens <= 150, "seed " + SEED);
        }
        for (final LoadRequest request : new RandomDataset(pool(true), 64, 7, 0).requests(50, SEED)) {
            assertEquals(64, tokenizer.encode(request.prompt().text(), true).length, "seed " + SEED);
        }
    }

    @Test
    void shouldGiveTheSameForTheSameSeed() {
        final Dataset dataset = new RandomDataset(pool(false), 20, 7, 0.3);
        assertEquals(ids(dataset.requests(20, 1)), ids(dataset.requests(20, 1)));
        assertNotEquals(ids(dataset.requests(20, 1)), ids(dataset.requests(20, 2)));
    }

    private static List<String> ids(final List<LoadRequest> requests) {
        return requests.stream().map(request -> Arrays.toString(request.prompt().ids()) + request.outputTokens())
            .toList();
    }

    @Test
    void shouldShareBeginningsEvenly() {
        final List<LoadRequest> requests =
            new RandomDataset.SharedPrefix(pool(false), 4, 30, 10, 5).requests(40, SEED);
        final var byBeginning = requests.stream().collect(Collectors.groupingBy(
            request -> Arrays.toString(Arrays.copyOf(request.prompt().ids(), 30)), Collectors.counting()));
        assertEquals(List.of(10L, 10L, 10L, 10L), List.copyOf(byBeginning.values()));
        assertEquals(40, ids(requests).stream().distinct().count());
        assertTrue(requests.stream().allMatch(request -> request.prompt().tokens() == 40));
    }

    @Test
    void shouldReadFilesOfPrompts() throws IOException {
        final Path json = Files.writeString(directory.resolve("a.jsonl"),
            "{\"prompt\": \"one\"}\n\n{\"prompt\": \"two\", \"output_tokens\": 3}\n");
        final List<LoadRequest> requests = PromptFile.lines(json, 9, false).requests(5, 0);
        assertEquals(List.of("one", "two", "one", "two", "one"),
            requests.stream().map(request -> request.prompt().text()).toList());
        assertEquals(List.of(9, 3, 9, 3, 9), requests.stream().map(LoadRequest::outputTokens).toList());
        final Path bad = Files.writeString(directory.resolve("b.jsonl"), "{\"prompt\": \"one\"}\n{\"text\": 1}\n");
        final String message = assertThrows(ConvokeException.class, () -> PromptFile.lines(bad, 9, false)).getMessage();
        assertTrue(message.contains("b.jsonl, line 2"), message);
        assertThrows(ConvokeException.class, () -> PromptFile.lines(directory.resolve("none"), 9, false));
    }

    @Test
    void shouldTakeShippedPromptsOfADomain() {
        final List<LoadRequest> code =
            PromptFile.shipped(TINY.resolve("prompts.json"), "code", 8, true).requests(60, SEED);
        assertEquals(60, code.stream().map(request -> request.prompt().text()).distinct().count());
        assertThrows(ConvokeException.class,
            () -> PromptFile.shipped(TINY.resolve("prompts.json"), "poetry", 8, true));
    }

    @Test
    void shouldTakeConversationsOfUsualLength() throws IOException {
        final Path file = Files.writeString(directory.resolve("s.json"), """
            [{"conversations": [{"from": "human", "value": "And the children of Israel came into the house"},
                                {"from": "gpt", "value": "in the beginning of the days of the king"}]},
             {"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]},
             {"conversations": []}]""");
        final LoadRequest only =
            PromptFile.shareGpt(file, tokenization, OptionalInt.empty(), false).requests(1, 0).getFirst();
        assertEquals(tokenizer.encode("in the beginning of the days of the king", false).length, only.outputTokens());
        assertEquals(5, PromptFile.shareGpt(file, tokenization, OptionalInt.of(5), false).requests(1, 0).getFirst()
            .outputTokens());
    }

    @Test
    void shouldReplayATrace() throws IOException {
        final Path file = Files.writeString(directory.resolve("t.jsonl"), """
            {"timestamp": 1000, "input_length": 600, "output_length": 5, "hash_ids": [7, 8]}
            {"timestamp": 1500, "input_length": 700, "output_length": 6, "hash_ids": [7, 9]}
            {"timestamp": 3000, "prompt": "Hello", "output_length": 7}
            """);
        final List<LoadRequest> requests = new TimedTrace(file, pool(false), 2).requests(10, SEED);
        assertEquals(List.of(0L, 250_000_000L, 1_000_000_000L),
            requests.stream().map(request -> request.offsetNs().orElseThrow()).toList());
        final int[] first = requests.get(0).prompt().ids();
        final int[] second = requests.get(1).prompt().ids();
        assertEquals(600, first.length);
        assertArrayEquals(Arrays.copyOf(first, 512), Arrays.copyOf(second, 512));
        assertFalse(Arrays.equals(Arrays.copyOfRange(first, 512, 600), Arrays.copyOfRange(second, 512, 600)));
        assertEquals("Hello", requests.get(2).prompt().text());
        Files.writeString(file, "{\"timestamp\": 5, \"prompt\": \"a\", \"output_length\": 1}\n"
            + "{\"timestamp\": 4, \"prompt\": \"a\", \"output_length\": 1}\n");
        assertThrows(ConvokeException.class, () -> new TimedTrace(file, pool(false), 1).requests(2, 0));
    }
}
