package dev.convoke.checkpoint.huggingface;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.checkpoint.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Both kinds of tokenizer against what the tokenizers library computes. */
class TokenizerVectorsTest {
    @TempDir
    private static Path scratch;
    private static Map<String, Tokenizer> tokenizers;

    @BeforeAll
    static void open() throws IOException {
        tokenizers = Map.of(
            "byte-level", TokenizerDirectory.open("byte-level", scratch.resolve("byte-level")),
            "byte-fallback", TokenizerDirectory.open("byte-fallback", scratch.resolve("byte-fallback")));
        assertInstanceOf(ByteLevelStream.class, tokenizers.get("byte-level").streamDecoder(true));
        assertInstanceOf(ByteFallbackStream.class, tokenizers.get("byte-fallback").streamDecoder(true));
    }

    @AfterAll
    static void close() {
        tokenizers.values().forEach(Tokenizer::close);
    }

    static Stream<Arguments> vectors() {
        return Stream.of("byte-level", "byte-fallback").flatMap(name -> TokenizerDirectory.vectors(name).stream()
            .map(vector -> Arguments.of(name, vector.get("text").textValue(), vector)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("vectors")
    void shouldEncodeAndNameTokensAsTheLibraryDoes(final String name, final String text, final JsonNode vector) {
        final Tokenizer tokenizer = tokenizers.get(name);
        final int[] ids = tokenizer.encode(text, true);
        assertArrayEquals(TokenizerDirectory.ids(vector.get("ids")), ids);
        assertArrayEquals(TokenizerDirectory.ids(vector.get("ids_without_special")), tokenizer.encode(text, false));
        for (int i = 0; i < ids.length; i++) {
            assertEquals(vector.get("tokens").get(i).textValue(), tokenizer.token(ids[i]));
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("vectors")
    void shouldDecodeEveryPrefixAsTheLibraryDoes(final String name, final String text, final JsonNode vector) {
        final Tokenizer tokenizer = tokenizers.get(name);
        final int[] ids = TokenizerDirectory.ids(vector.get("ids"));
        assertEquals(vector.get("decoded").textValue(), tokenizer.decode(ids, true));
        assertEquals(vector.get("decoded_keep_special").textValue(), tokenizer.decode(ids, false));
        for (int length = 1; length <= ids.length; length++) {
            assertEquals(vector.get("prefix_decodes").get(length - 1).textValue(),
                tokenizer.decode(Arrays.copyOf(ids, length), true));
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("vectors")
    void shouldStreamWholeCharactersThatJoinToTheText(final String name, final String text, final JsonNode vector) {
        final Tokenizer tokenizer = tokenizers.get(name);
        final int[] ids = TokenizerDirectory.ids(vector.get("ids"));
        assertStreams(tokenizer.streamDecoder(true), ids, vector, "decoded");
        assertStreams(tokenizer.streamDecoder(false), ids, vector, "decoded_keep_special");
        assertStreams(new WindowStream(window -> tokenizer.decode(window, true)), ids, vector, "decoded");
    }

    /**
     * After each id everything that is certain has been given out, and nothing that is not. Where a run of byte tokens
     * is unfinished the library replaces all of it; what was whole before stays certain.
     */
    private static void assertStreams(final StreamDecoder stream, final int[] ids, final JsonNode vector,
        final String expected) {
        final StringBuilder text = new StringBuilder();
        String certain = "";
        for (int i = 0; i < ids.length; i++) {
            final String piece = stream.append(ids[i]);
            assertFalse(piece.contains("\uFFFD"), piece);
            text.append(piece);
            if (expected.equals("decoded")) {
                final String whole = vector.get("prefix_decodes").get(i).textValue().replaceAll("\uFFFD+$", "");
                certain = whole.length() > certain.length() ? whole : certain;
                assertEquals(certain, text.toString());
            }
        }
        assertEquals("", stream.finish());
        assertEquals(vector.get(expected).textValue(), text.toString());
        assertTrue(stream.finish().isEmpty());
    }
}
