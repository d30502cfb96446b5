package dev.convoke.checkpoint.huggingface;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigurationTest {
    @TempDir
    private Path scratch;
    private ModelDirectory model;

    @BeforeEach
    void copy() throws IOException {
        model = ModelDirectory.copyOfGolden("mixtral", scratch);
    }

    @Test
    void shouldReadSlidingWindowAndHeadDimApartFromHiddenSize() {
        assertEquals(new ModelConfiguration("mixtral", 512, 64, 3, 4, 2, 32, 80, 4, 2, 1e-5f, 8, 512, false,
            new RotaryConfiguration("default", 10_000, 1)), configurationOf(ModelDirectory.golden("mixtral-swa")));
    }

    @Test
    void shouldReadTheSameFromBothStyles() throws IOException {
        final ModelConfiguration newer = configuration();
        assertEquals(1_000_000, newer.rotary().theta());
        final ModelConfiguration older = configurationWith(config -> {
            config.remove("rope_parameters");
            config.remove("dtype");
            config.put("torch_dtype", "bfloat16").put("rope_theta", 1e6).putNull("rope_scaling");
        });
        assertEquals(newer, older);
    }

    @ParameterizedTest
    @ValueSource(strings = {"type", "rope_type"})
    void shouldReadOlderLinearScaling(final String key) throws IOException {
        assertEquals(new RotaryConfiguration("linear", 5000.5, 4), configurationWith(config -> {
            config.remove("rope_parameters");
            config.put("rope_theta", 5000.5).putObject("rope_scaling").put(key, "linear").put("factor", 4);
        }).rotary());
    }

    @Test
    void shouldReadLinearRopeParameters() throws IOException {
        assertEquals(new RotaryConfiguration("linear", 1e6, 2.5), configurationWith(config ->
            config.withObject("rope_parameters").put("rope_type", "linear").put("factor", 2.5)).rotary());
    }

    @Test
    void shouldFallBackToTheFamilysDefaultsWhereKeysAreAbsentOrNull() throws IOException {
        final ModelConfiguration configuration = configurationWith(config -> {
            config.remove("rope_parameters");
            config.remove("sliding_window");
            config.remove("hidden_act");
            config.putNull("head_dim").putNull("num_key_value_heads").putNull("rms_norm_eps")
                .putNull("tie_word_embeddings").putNull("quantization_config");
        });
        assertEquals(new ModelConfiguration("mixtral", 512, 64, 3, 4, 4, 16, 96, 8, 2, 1e-5f, 0, 512, false,
            new RotaryConfiguration("default", 1e6, 1)), configuration);
    }

    @Test
    void shouldReadTiedEmbeddings() throws IOException {
        assertTrue(configurationWith(config -> config.put("tie_word_embeddings", true)).tiedEmbeddings());
    }

    @Test
    void shouldNameUnknownArchitectureAndTheSupportedOnes() throws IOException {
        final Path file = model.file("config.json");
        model.editConfig(config -> config.put("model_type", "llama"));
        assertRefused(this::configuration, file.toString(), "'llama'", "Convoke serves mixtral");
        model.editConfig(config -> config.remove("model_type"));
        assertRefused(this::configuration, file.toString(), "model_type", "mixtral");
        model.editConfig(config -> config.put("model_type", 7));
        assertRefused(this::configuration, file.toString(), "model_type", "a string", "7");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        vocab_size              | 0
        vocab_size              | 16777217
        hidden_size             | -64
        hidden_size             | 64.0
        hidden_size             | "64"
        hidden_size             | null
        hidden_size             | 18446744073709551616
        num_hidden_layers       | 0
        num_hidden_layers       | 100000
        num_attention_heads     | 0
        num_key_value_heads     | 3
        num_key_value_heads     | 8
        head_dim                | 15
        head_dim                | 0
        head_dim                | 8192
        intermediate_size       | []
        num_local_experts       | 0
        num_experts_per_tok     | 9
        num_experts_per_tok     | 0
        rms_norm_eps            | 0
        rms_norm_eps            | -1e-5
        rms_norm_eps            | 2
        rms_norm_eps            | 1e-60
        rms_norm_eps            | "1e-5"
        rms_norm_eps            | 1e999
        sliding_window          | 0
        sliding_window          | true
        max_position_embeddings | null
        tie_word_embeddings     | 1
        hidden_act              | "gelu"
        rope_parameters         | 3
        rope_parameters         | {"rope_theta": 1e6}
        rope_parameters         | {"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e6}
        rope_parameters         | {"rope_type": "linear", "rope_theta": 1e6}
        rope_parameters         | {"rope_type": "linear", "rope_theta": 1e6, "factor": 0}
        rope_parameters         | {"rope_type": "default", "rope_theta": -1}
        rope_parameters         | {"rope_type": "default", "partial_rotary_factor": 0.5}
        partial_rotary_factor   | 0.5
        rope_theta              | "10000"
        """, quoteCharacter = '\'')
    void shouldRefuseImpossibleValueByName(final String key, final String value) throws IOException {
        final var json = ModelDirectory.MAPPER.readTree(value);
        model.editConfig(config -> config.set(key, json));
        assertRefused(this::configuration, model.file("config.json").toString(), "'" + key);
    }

    @Test
    void shouldRefuseUnsupportedRopeTypeOfOlderStyle() throws IOException {
        model.editConfig(config -> {
            config.remove("rope_parameters");
            config.putObject("rope_scaling").put("type", "dynamic").put("factor", 2);
        });
        assertRefused(this::configuration, "'rope_scaling.rope_type'", "'dynamic'", "default and linear");
    }

    @Test
    void shouldRefuseHiddenSizeThatHeadsDoNotDivideWhereHeadDimIsAbsent() throws IOException {
        model.editConfig(config -> config.put("num_attention_heads", 6).putNull("head_dim"));
        assertRefused(this::configuration, "head_dim", "64", "6 heads");
    }

    @Test
    void shouldRefuseQuantisedModel() throws IOException {
        model.editConfig(config -> config.putObject("quantization_config").put("quant_method", "gptq"));
        assertRefused(this::configuration, "quantised", "'gptq'", "unquantised");
        model.editConfig(config -> config.putObject("quantization_config").put("quant_method", "fp8")
            .putArray("weight_block_size").add(64).add(128));
        assertRefused(this::configuration, "quantised", "'fp8'", "[64, 128]", "[128, 128]");
    }

    @Test
    void shouldTakeFloatsOf8BitsInBlocksOf128x128() throws IOException {
        model.editConfig(config -> config.putObject("quantization_config").put("quant_method", "fp8")
            .put("activation_scheme", "dynamic").put("fmt", "e4m3").putArray("weight_block_size").add(128).add(128));
        assertEquals(512, configuration().vocabularySize());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "{\"a\":1", "{} {}", "{\"a\":1,\"a\":2}", "{\"a\":NaN}", "\u0000", "7"})
    void shouldRefuseFileThatIsNoJsonObject(final String text) throws IOException {
        Files.writeString(model.file("config.json"), text);
        assertRefused(this::configuration, model.file("config.json").toString());
    }

    @Test
    void shouldRefuseEndlessNesting() throws IOException {
        Files.writeString(model.file("config.json"), "{\"a\":" + "[".repeat(100_000));
        assertRefused(this::configuration, model.file("config.json").toString());
    }

    @Test
    void shouldReadGenerationDefaults() throws IOException {
        Files.writeString(model.file("generation_config.json"), """
            {"bos_token_id": 3, "eos_token_id": [5, 4, 5], "temperature": 0.7, "top_p": 0.95, "top_k": 40}""");
        assertEquals(new GenerationDefaults(OptionalInt.of(3), Set.of(4, 5), Optional.of(0.7f), Optional.of(0.95f),
            OptionalInt.of(40)), generationDefaults());
    }

    @Test
    void shouldTakeTokensFromConfigWhereGenerationDefaultsAreSilent() throws IOException {
        Files.writeString(model.file("generation_config.json"), "{\"eos_token_id\": null}");
        assertEquals(new GenerationDefaults(OptionalInt.of(0), Set.of(1), Optional.empty(), Optional.empty(),
            OptionalInt.empty()), generationDefaults());
        Files.delete(model.file("generation_config.json"));
        assertEquals(Set.of(1), generationDefaults().endTokens());
        model.editConfig(config -> config.remove("eos_token_id"));
        assertEquals(Set.of(), generationDefaults().endTokens());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        eos_token_id | 512
        eos_token_id | [1, -1]
        eos_token_id | "</s>"
        temperature  | -0.1
        top_p        | 0
        top_p        | 1.5
        top_k        | -1
        """, quoteCharacter = '\'')
    void shouldRefuseImpossibleGenerationDefault(final String key, final String value) throws IOException {
        Files.writeString(model.file("generation_config.json"), "{\"" + key + "\": " + value + "}");
        assertRefused(this::generationDefaults, model.file("generation_config.json").toString(), "'" + key + "'");
    }

    private ModelConfiguration configurationWith(final Consumer<ObjectNode> change) throws IOException {
        model.editConfig(change);
        return configuration();
    }

    private ModelConfiguration configuration() {
        return configurationOf(scratch);
    }

    private GenerationDefaults generationDefaults() {
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(scratch)) {
            return checkpoint.generationDefaults();
        }
    }

    private static ModelConfiguration configurationOf(final Path directory) {
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(directory)) {
            return checkpoint.configuration();
        }
    }
}
