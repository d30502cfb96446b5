package dev.convoke.checkpoint.huggingface;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A copy of a golden checkpoint that a test may damage. */
record ModelDirectory(Path path) {
    static final ObjectMapper MAPPER = new ObjectMapper();

    /** The models that come with the project. */
    static Path models() {
        return Path.of(System.getProperty("convoke.models"));
    }

    static Path golden(final String name) {
        return models().resolve("golden").resolve(name);
    }

    /** Copies what a loader reads of a golden checkpoint. */
    static ModelDirectory copyOfGolden(final String name, final Path target) throws IOException {
        Files.createDirectories(target);
        for (final String file : List.of("config.json", "generation_config.json", "model.safetensors",
            "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(golden(name).resolve(file), target.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        return new ModelDirectory(target);
    }

    Path file(final String name) {
        return path.resolve(name);
    }

    /** Edits a JSON file in place. */
    ModelDirectory edit(final String name, final Consumer<ObjectNode> change) throws IOException {
        final ObjectNode node = (ObjectNode)MAPPER.readTree(file(name).toFile());
        change.accept(node);
        Files.writeString(file(name), node.toPrettyString());
        return this;
    }

    ModelDirectory editConfig(final Consumer<ObjectNode> change) throws IOException {
        return edit("config.json", change);
    }

    /** Replaces model.safetensors by two shards, every other tensor in the second, and an index. */
    ModelDirectory shard() throws IOException {
        final List<RawTensor> first = new ArrayList<>();
        final List<RawTensor> second = new ArrayList<>();
        final ObjectNode index = MAPPER.createObjectNode();
        index.putObject("metadata").put("total_size", 0);
        final ObjectNode weightMap = index.putObject("weight_map");
        for (final RawTensor tensor : tensors()) {
            final boolean even = (first.size() + second.size()) % 2 == 0;
            (even ? first : second).add(tensor);
            weightMap.put(tensor.name(), shardName(even ? 1 : 2));
        }
        RawTensor.write(file(shardName(1)), first);
        RawTensor.write(file(shardName(2)), second);
        Files.writeString(file("model.safetensors.index.json"), index.toPrettyString());
        Files.delete(file("model.safetensors"));
        return this;
    }

    static String shardName(final int number) {
        return "model-0000" + number + "-of-00002.safetensors";
    }

    /** All tensors of model.safetensors. */
    List<RawTensor> tensors() {
        try (Arena arena = Arena.ofConfined()) {
            final SafetensorsFile source = SafetensorsFile.open(file("model.safetensors"), arena);
            return source.names().stream().map(name -> new RawTensor(name, source.dtype(name), source.shape(name),
                source.bytes(name).toArray(ValueLayout.JAVA_BYTE))).toList();
        }
    }
}
