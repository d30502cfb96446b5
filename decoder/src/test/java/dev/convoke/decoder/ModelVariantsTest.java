package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings that the golden checkpoints do not have, checked against what they must amount to. */
class ModelVariantsTest {
    @TempDir
    private Path directory;

    private EditedModel edited(final String name) throws IOException {
        return new EditedModel(Models.GOLDEN_MIXTRAL, Files.createDirectory(directory.resolve(name)));
    }

    private static long digest(final Checkpoint checkpoint, final int... prompt) {
        final LogitsDigest digest = new LogitsDigest();
        final GenerationRequest request = GenerationRequest.of(prompt).maxTokens(4).promptLogprobs(true).build();
        try (TestCluster cluster = TestCluster.of(checkpoint).observer(digest).start()) {
            cluster.run(request);
        }
        return digest.of(request);
    }

    @Test
    void shouldUseTheEmbeddingAsHeadWhenTied() throws IOException {
        final long copied = digest(edited("copied").copy("model.embed_tokens.weight", "lm_head.weight").open(),
            3, 1, 4);
        final long tied = digest(edited("tied").configure(c -> c.put("tie_word_embeddings", true)).open(), 3, 1, 4);
        assertEquals(copied, tied);
        assertNotEquals(digest(edited("untied").open(), 3, 1, 4), tied);
    }

    @Test
    void shouldStretchPositionsWhenRotaryEmbeddingIsLinear() throws IOException {
        final long plain = digest(edited("plain").open(), 3, 1, 4);
        assertEquals(plain, digest(edited("factor-1").configure(c -> linear(c, 1)).open(), 3, 1, 4));
        assertNotEquals(plain, digest(edited("factor-4").configure(c -> linear(c, 4)).open(), 3, 1, 4));
    }

    private static void linear(final ObjectNode configuration, final double factor) {
        configuration.putObject("rope_parameters").put("rope_type", "linear").put("rope_theta", 1_000_000.0)
            .put("factor", factor);
    }
}
