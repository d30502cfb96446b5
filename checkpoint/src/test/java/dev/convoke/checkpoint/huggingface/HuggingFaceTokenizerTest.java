package dev.convoke.checkpoint.huggingface;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceTokenizerTest {
    @TempDir
    private Path scratch;

    @Test
    void shouldEncodePromptsOfTheDemoModelAsItsReferenceDoes() throws IOException {
        final Path model = ModelDirectory.models().resolve("tiny-moe");
        final JsonNode greedy = ModelDirectory.MAPPER.readTree(model.resolve("reference.json").toFile()).get("greedy");
        try (Tokenizer tokenizer = HuggingFaceTokenizer.open(model)) {
            assertEquals(4096, tokenizer.vocabularySize());
            assertEquals(10, greedy.size());
            for (final JsonNode sample : greedy) {
                final int[] prompt = tokenizer.encode(sample.get("prompt").textValue(), true);
                assertArrayEquals(TokenizerDirectory.ids(sample.get("prompt_ids")), prompt);
                assertEquals(sample.get("text").textValue(),
                    tokenizer.decode(TokenizerDirectory.ids(sample.get("token_ids")), true));
            }
            assertEquals("{{ bos_token }}", tokenizer.chatTemplate().orElseThrow().template().substring(0, 15));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {}                                                                         | 1 369 555
        {"bos_token": "<s>", "eos_token": "</s>"}                                  | 1 369 555
        {"add_bos_token": true, "bos_token": "<s>"}                                | 1 369 555
        {"add_bos_token": false, "bos_token": "<s>"}                               | 369 555
        {"add_eos_token": true, "bos_token": "<s>", "eos_token": "</s>"}           | 369 555 2
        {"add_bos_token":true, "add_eos_token":true, "bos_token":{"content":"<s>"}, "eos_token":"</s>"} | 1 369 555 2
        {"add_bos_token": true}                                                    | 369 555
        {"add_bos_token": null, "add_eos_token": null}                             | 1 369 555
        """, quoteCharacter = '\'')
    void shouldFrameTextAsTokenizerConfigSays(final String config, final String expected) throws IOException {
        TokenizerDirectory.lay("byte-fallback", scratch);
        Files.writeString(scratch.resolve("tokenizer_config.json"), config);
        try (Tokenizer tokenizer = HuggingFaceTokenizer.open(scratch)) {
            assertArrayEquals(Arrays.stream(expected.split(" ")).mapToInt(Integer::parseInt).toArray(),
                tokenizer.encode("wor", true));
            assertArrayEquals(new int[] {369, 555}, tokenizer.encode("wor", false));
        }
    }

    @Test
    void shouldPutBeginTokenWhereNoPostProcessorDoes() throws IOException {
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch);
        try (Tokenizer without = HuggingFaceTokenizer.open(scratch)) {
            assertArrayEquals(without.encode("hello", false), without.encode("hello", true));
        }
        model.edit("tokenizer_config.json", config -> config.put("add_bos_token", true));
        try (Tokenizer with = HuggingFaceTokenizer.open(scratch)) {
            assertEquals(0, with.encode("hello", true)[0]);
            assertArrayEquals(new int[] {0}, with.encode("", true));
        }
    }

    @Test
    void shouldRefuseFramingTokenThatTheVocabularyLacks() throws IOException {
        TokenizerDirectory.lay("byte-fallback", scratch);
        Files.writeString(scratch.resolve("tokenizer_config.json"), """
            {"add_bos_token": true, "bos_token": "<begin>"}""");
        assertRefused(() -> HuggingFaceTokenizer.open(scratch), "'<begin>'", "tokenizer_config.json", "tokenizer.json");
    }

    @Test
    void shouldNeitherTruncateNorPadWhateverTheFileSays() throws IOException {
        TokenizerDirectory.lay("byte-level", scratch);
        new ModelDirectory(scratch).edit("tokenizer.json", tokenizer -> {
            tokenizer.putObject("truncation").put("direction", "Right").put("max_length", 3)
                .put("strategy", "LongestFirst").put("stride", 0);
            tokenizer.putObject("padding").put("direction", "Right").put("pad_id", 1).put("pad_type_id", 0)
                .put("pad_token", "</s>").putNull("pad_to_multiple_of").putObject("strategy").put("Fixed", 50);
        });
        try (Tokenizer tokenizer = HuggingFaceTokenizer.open(scratch)) {
            final String text = "one two three four five six seven eight";
            assertEquals(text, tokenizer.decode(tokenizer.encode(text, false), false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte-level", "byte-fallback"})
    void shouldTakeAnyString(final String name) throws IOException {
        try (Tokenizer tokenizer = TokenizerDirectory.open(name, scratch)) {
            for (final String text : List.of("a\u0000b", "\u0000", "\r", "a".repeat(100_000))) {
                assertEquals(text, tokenizer.decode(tokenizer.encode(text, true), true));
            }
            assertEquals("x\uFFFDy\uFFFD", tokenizer.decode(tokenizer.encode("x\uD83Dy\uDE00", true), true));
            assertThrows(ConvokeException.class, () -> tokenizer.encode("a".repeat((1 << 24) + 1), true));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"byte-level", "byte-fallback"})
    void shouldPassOverIdsThatDoNotExist(final String name) throws IOException {
        try (Tokenizer tokenizer = TokenizerDirectory.open(name, scratch)) {
            assertEquals("", tokenizer.decode(new int[] {-1, Integer.MAX_VALUE, tokenizer.vocabularySize()}, false));
            assertEquals("", tokenizer.token(-1) + tokenizer.token(tokenizer.vocabularySize()));
            assertEquals("", tokenizer.streamDecoder(false).append(tokenizer.vocabularySize()));
            assertEquals("", tokenizer.streamDecoder(false).append(-1));
        }
    }

    @Test
    void shouldEncodeTheSameOnManyThreads() throws Exception {
        try (Tokenizer tokenizer = TokenizerDirectory.open("byte-level", scratch);
            ExecutorService threads = Executors.newFixedThreadPool(4)) {
            final String text = "In the beginning God created the heaven and the earth. ".repeat(20);
            final int[] expected = tokenizer.encode(text, true);
            final List<Future<int[]>> results = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                results.add(threads.submit(() -> tokenizer.encode(text, true)));
            }
            for (final Future<int[]> result : results) {
                assertArrayEquals(expected, result.get());
            }
        }
    }

    @Test
    void shouldRefuseUseAfterClose() throws IOException {
        final Tokenizer tokenizer = TokenizerDirectory.open("byte-level", scratch);
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("a", true));
        assertThrows(IllegalStateException.class, () -> tokenizer.decode(new int[] {5}, true));
    }

    @Test
    void shouldRefuseMissingTokenizer() {
        assertRefused(() -> HuggingFaceTokenizer.open(scratch), scratch.resolve("tokenizer.json").toString(),
            "download");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "{}", "{\"model\":3}", "{\"model\":{\"vocab\":{\"a\":-1}}}",
        "{\"model\":{\"vocab\":{\"a\":99999999}}}", "{\"model\":{\"vocab\":{\"a\":\"0\"}}}",
        "{\"model\":{\"vocab\":{}}}",
        "{\"model\":{\"vocab\":{\"a\":0}}}", "{\"added_tokens\":[{\"id\":0}],\"model\":{\"vocab\":{\"a\":0}}}",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a b\"]}}"})
    void shouldRefuseDamagedTokenizer(final String json) throws IOException {
        Files.writeString(scratch.resolve("tokenizer.json"), json);
        assertRefused(() -> HuggingFaceTokenizer.open(scratch), scratch.resolve("tokenizer.json").toString(),
            "download it again");
    }

    @Test
    void shouldFindChatTemplateWhereverItIs() throws IOException {
        TokenizerDirectory.lay("byte-level", scratch);
        assertEquals(Optional.empty(), chatTemplate("{}"));
        assertEquals(Optional.of(new ChatTemplateSource("T", "<s>", "</s>")),
            chatTemplate("{\"chat_template\":\"T\",\"bos_token\":{\"content\":\"<s>\"},\"eos_token\":\"</s>\"}"));
        assertEquals(Optional.of(new ChatTemplateSource("D", Optional.of("T"), "", "")), chatTemplate("""
            {"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]}"""));
        assertEquals(Optional.empty(), chatTemplate("""
            {"chat_template": [{"name": "tool_use", "template": "T"}]}"""));
        Files.writeString(scratch.resolve("chat_template.jinja"), "J");
        assertEquals("J", chatTemplate("{\"chat_template\":\"T\"}").orElseThrow().template());
        Files.delete(scratch.resolve("tokenizer_config.json"));
        try (Tokenizer tokenizer = HuggingFaceTokenizer.open(scratch)) {
            assertEquals(Optional.of(new ChatTemplateSource("J", "", "")), tokenizer.chatTemplate());
        }
    }

    @Test
    void shouldFindSpecialTokensWhereverTheyAre() throws IOException {
        TokenizerDirectory.lay("byte-level", scratch);
        Files.writeString(scratch.resolve("special_tokens_map.json"), """
            {"bos_token": {"content": "<s>"}, "eos_token": "</s>"}""");
        assertEquals(Optional.of(new ChatTemplateSource("T", "<s>", "</s>")),
            chatTemplate("{\"chat_template\":\"T\"}"));
        assertEquals(Optional.of(new ChatTemplateSource("T", "<b>", "</s>")),
            chatTemplate("{\"chat_template\":\"T\",\"bos_token\":\"<b>\"}"));
        Files.writeString(scratch.resolve("special_tokens_map.json"), "{\"eos_token\": 7}");
        assertRefused(() -> chatTemplate("{}"), "special_tokens_map.json", "eos_token");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        chat_template | {"chat_template": 3}
        chat_template | {"chat_template": [3]}
        bos_token     | {"bos_token": 3}
        bos_token     | {"bos_token": {"text": "<s>"}}
        add_bos_token | {"add_bos_token": "yes"}
        """, quoteCharacter = '\'')
    void shouldRefuseDamagedTokenizerConfig(final String key, final String config) throws IOException {
        TokenizerDirectory.lay("byte-level", scratch);
        assertRefused(() -> chatTemplate(config), "tokenizer_config.json", key);
    }

    private Optional<ChatTemplateSource> chatTemplate(final String config) throws IOException {
        Files.writeString(scratch.resolve("tokenizer_config.json"), config);
        try (Tokenizer tokenizer = HuggingFaceTokenizer.open(scratch)) {
            return tokenizer.chatTemplate();
        }
    }
}
