package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged checkpoints: one sentence that names the file and the tensor, and exit code 1. */
class BrokenModelTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    private Path model;

    @BeforeEach
    void copy() throws IOException {
        try (Stream<Path> files = Files.list(TestModels.GOLDEN)) {
            for (final Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
    }

    private String complaint() {
        final CommandLineRun run = CommandLineRun.of("generate", "hello", "--model", model.toString(), "--threads",
            "1", "--max-tokens", "1");
        assertEquals(1, run.exitCode(), run.err());
        assertTrue(run.complaint().endsWith("."), run.complaint());
        return run.complaint();
    }

    private JsonNode header(final FileChannel channel) throws IOException {
        final ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        channel.read(length, 0);
        final ByteBuffer header = ByteBuffer.allocate((int)length.getLong(0));
        channel.read(header, 8);
        return JSON.readTree(header.array());
    }

    @Test
    void shouldNameFileAndTensorWhenWeightsAreCutOff() throws IOException {
        try (FileChannel channel = FileChannel.open(model.resolve(WEIGHTS), StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1000);
        }
        final String complaint = complaint();
        assertTrue(complaint.contains(WEIGHTS) && complaint.contains(".weight"), complaint);
    }

    @Test
    void shouldNameTheShardThatIsMissing() throws IOException {
        final ObjectNode index = JSON.createObjectNode();
        final ObjectNode map = index.putObject("weight_map");
        try (FileChannel channel = FileChannel.open(model.resolve(WEIGHTS))) {
            header(channel).fieldNames().forEachRemaining(name -> map.put(name, name.contains("lm_head")
                ? "model-00002-of-00002.safetensors" : "model-00001-of-00002.safetensors"));
        }
        map.remove("__metadata__");
        Files.move(model.resolve(WEIGHTS), model.resolve("model-00001-of-00002.safetensors"));
        JSON.writeValue(model.resolve("model.safetensors.index.json").toFile(), index);
        final String complaint = complaint();
        assertTrue(complaint.contains("model-00002-of-00002.safetensors"), complaint);
    }

    @Test
    void shouldNameAnArchitectureItDoesNotKnow() throws IOException {
        final Path file = model.resolve("config.json");
        final ObjectNode config = (ObjectNode)JSON.readTree(file.toFile());
        config.put("model_type", "strange").putArray("architectures").add("StrangeForCausalLM");
        JSON.writeValue(file.toFile(), config);
        final String complaint = complaint();
        assertTrue(complaint.contains("strange") && complaint.contains("mixtral"), complaint);
    }

    @Test
    void shouldNameFileAndTensorWhenARouterWeightIsNaN() throws IOException {
        final String name = "model.layers.1.block_sparse_moe.gate.weight";
        try (FileChannel channel = FileChannel.open(model.resolve(WEIGHTS), StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
            final JsonNode header = header(channel);
            final ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(length, 0);
            final long start = 8 + length.getLong(0) + header.get(name).get("data_offsets").get(0).asLong();
            // All bits set is NaN in every type.
            channel.write(ByteBuffer.wrap(new byte[] {-1, -1, -1, -1}), start + 16);
        }
        final String complaint = complaint();
        assertTrue(complaint.contains(WEIGHTS) && complaint.contains(name), complaint);
    }

    @Test
    void shouldRefuseATokenizerOfALargerModel() throws IOException {
        Files.copy(TestModels.TINY.resolve("tokenizer.json"), model.resolve("tokenizer.json"),
            StandardCopyOption.REPLACE_EXISTING);
        final String complaint = complaint();
        assertTrue(complaint.contains("ids up to 4095, but the model knows 512"), complaint);
    }

    @Test
    void shouldSayThatThereIsNoModel() {
        final CommandLineRun run = CommandLineRun.of("inspect", model.resolve("nowhere").toString());
        assertEquals(1, run.exitCode());
        assertTrue(run.complaint().contains("nowhere"), run.complaint());
    }
}
