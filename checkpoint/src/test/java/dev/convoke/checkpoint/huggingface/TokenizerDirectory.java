package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import dev.convoke.checkpoint.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Tokenizers and vectors of the test resources. */
final class TokenizerDirectory {
    private TokenizerDirectory() {
    }

    /** Lays the tokenizer of that name, {@code byte-level} or {@code byte-fallback}, into a directory. */
    static Path lay(final String name, final Path directory) throws IOException {
        Files.createDirectories(directory);
        try (InputStream tokenizer = resource(name + ".json")) {
            Files.write(directory.resolve("tokenizer.json"), tokenizer.readAllBytes());
        }
        return directory;
    }

    static Tokenizer open(final String name, final Path directory) throws IOException {
        return HuggingFaceTokenizer.open(lay(name, directory));
    }

    /** What the tokenizers library computes, one object for each text. */
    static List<JsonNode> vectors(final String name) {
        try (InputStream vectors = resource(name + ".vectors.json")) {
            final List<JsonNode> all = new ArrayList<>();
            ModelDirectory.MAPPER.readTree(vectors).forEach(all::add);
            return all;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int[] ids(final JsonNode array) {
        final int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    private static InputStream resource(final String name) {
        return TokenizerDirectory.class.getResourceAsStream("/tokenizers/" + name);
    }
}
