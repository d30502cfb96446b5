package dev.convoke.bench.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a checkpoint in Hugging Face layout whose weights are random: config, weights in one safetensors file, and a
 * tokenizer of bytes. The weights are streamed; memory does not grow with the model.
 */
public final class SyntheticCheckpoint {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int HEADER_ALIGNMENT = 8;

    private final Shape shape;
    private final long seed;
    private final List<TensorList.Entry> tensors;

    /** Of a shape, which needs a layer and as many tokens as the tokenizer has. */
    public SyntheticCheckpoint(final Shape shape, final long seed) {
        if (shape.layers() < 1 || shape.vocabulary() < ByteTokenizer.TOKENS) {
            throw new ConfigurationException("A model of " + shape.layers() + " layers and " + shape.vocabulary()
                + " tokens cannot be; choose 1 layer or more and " + ByteTokenizer.TOKENS + " tokens or more.");
        }
        this.shape = shape;
        this.seed = seed;
        this.tensors = TensorList.of(shape);
    }

    /** Size of the weights. */
    public long bytes() {
        return tensors.stream().mapToLong(TensorList.Entry::elements).sum() * Short.BYTES;
    }

    /** Writes all files into a directory, which is made if it is not there; nothing in it is overwritten. */
    public void write(final Path directory) {
        final Path weights = directory.resolve("model.safetensors");
        if (Files.exists(weights) || Files.exists(directory.resolve("config.json"))) {
            throw new ConfigurationException(directory + " holds a checkpoint already; choose another directory.");
        }
        try {
            Files.createDirectories(directory);
            requireRoom(directory);
            Files.write(directory.resolve("tokenizer.json"), JSON.writeValueAsBytes(ByteTokenizer.tokenizer()));
            Files.write(directory.resolve("tokenizer_config.json"), JSON.writeValueAsBytes(ByteTokenizer.settings()));
            writeWeights(weights);
            Files.write(directory.resolve("config.json"), JSON.writeValueAsBytes(config()));
        } catch (final IOException e) {
            throw new ConvokeException("The checkpoint cannot be written to " + directory + ": " + e.getMessage()
                + "; choose a directory with room for " + bytes() + " bytes that may be written to.", e);
        }
    }

    private void requireRoom(final Path directory) throws IOException {
        final long free = Files.getFileStore(directory).getUsableSpace();
        if (free < bytes()) {
            throw new ConfigurationException("The weights take " + bytes() + " bytes, but " + directory + " has room "
                + "for " + free + "; choose fewer layers or another directory.");
        }
    }

    private void writeWeights(final Path file) throws IOException {
        final RandomWeights random = new RandomWeights(seed);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            final byte[] header = header();
            out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
            out.write(ByteBuffer.wrap(header));
            for (final TensorList.Entry tensor : tensors) {
                random.write(tensor, out);
            }
        }
    }

    private byte[] header() throws IOException {
        final Map<String, Object> table = new LinkedHashMap<>();
        long offset = 0;
        for (final TensorList.Entry tensor : tensors) {
            final long end = offset + tensor.elements() * Short.BYTES;
            table.put(tensor.name(), Map.of("dtype", "BF16", "shape", tensor.shape(),
                "data_offsets", List.of(offset, end)));
            offset = end;
        }
        final String json = JSON.writeValueAsString(table);
        final int padding = Math.floorMod(-json.length(), HEADER_ALIGNMENT);
        return (json + " ".repeat(padding)).getBytes(StandardCharsets.US_ASCII);
    }

    private Map<String, Object> config() {
        final boolean mixtral = shape.family() == Shape.Family.MIXTRAL;
        final Map<String, Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of(mixtral ? "MixtralForCausalLM" : "OlmoeForCausalLM"));
        config.put("model_type", mixtral ? "mixtral" : "olmoe");
        config.put("dtype", "bfloat16");
        config.put("hidden_act", "silu");
        config.put("hidden_size", shape.hidden());
        config.put("intermediate_size", shape.width());
        config.put("num_hidden_layers", shape.layers());
        config.put("num_attention_heads", shape.heads());
        config.put("num_key_value_heads", shape.kvHeads());
        config.put("head_dim", shape.headDim());
        config.put(mixtral ? "num_local_experts" : "num_experts", shape.experts());
        config.put("num_experts_per_tok", shape.topK());
        if (!mixtral) {
            config.put("norm_topk_prob", false);
        }
        config.put("vocab_size", shape.vocabulary());
        config.put("max_position_embeddings", shape.positions());
        config.put("rms_norm_eps", 1e-5);
        config.put("rope_theta", shape.ropeTheta());
        config.put("tie_word_embeddings", false);
        config.put("bos_token_id", ByteTokenizer.BEGIN);
        config.put("eos_token_id", ByteTokenizer.END);
        return config;
    }
}
