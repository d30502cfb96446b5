package dev.convoke.decoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.huggingface.HuggingFaceCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A copy of a model's files with something in them changed. Weights are bf16. */
final class EditedModel {
    static final short NOT_A_NUMBER = (short)0x7FC0;

    private final Path directory;
    private final byte[] bytes;
    private final JsonNode tensors;
    private final int dataOffset;

    EditedModel(final Models model, final Path directory) throws IOException {
        this.directory = directory;
        for (final String file : new String[] {"config.json", "generation_config.json", "tokenizer.json",
            "tokenizer_config.json"}) {
            Files.copy(model.path().resolve(file), directory.resolve(file));
        }
        bytes = Files.readAllBytes(model.path().resolve("model.safetensors"));
        final int header = (int)ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        tensors = new ObjectMapper().readTree(bytes, Long.BYTES, header);
        dataOffset = Long.BYTES + header;
    }

    private int offset(final String tensor, final int bound) {
        return dataOffset + tensors.get(tensor).get("data_offsets").get(bound).asInt();
    }

    EditedModel set(final String tensor, final int element, final short value) {
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(offset(tensor, 0) + element * Short.BYTES,
            value);
        return this;
    }

    /** Overwrites a tensor with another of the same shape. */
    EditedModel copy(final String from, final String to) {
        System.arraycopy(bytes, offset(from, 0), bytes, offset(to, 0), offset(from, 1) - offset(from, 0));
        return this;
    }

    EditedModel configure(final Consumer<ObjectNode> change) throws IOException {
        final Path file = directory.resolve("config.json");
        final ObjectNode configuration = (ObjectNode)new ObjectMapper().readTree(file.toFile());
        change.accept(configuration);
        Files.writeString(file, configuration.toPrettyString());
        return this;
    }

    Path weightsFile() {
        return directory.resolve("model.safetensors");
    }

    Checkpoint open() throws IOException {
        Files.write(weightsFile(), bytes);
        return HuggingFaceCheckpoint.open(directory);
    }
}
