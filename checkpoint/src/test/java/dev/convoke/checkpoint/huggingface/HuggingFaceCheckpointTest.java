package dev.convoke.checkpoint.huggingface;

import static dev.convoke.checkpoint.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.Precision;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceCheckpointTest {
    private static final String ROUTER = "model.layers.1.block_sparse_moe.gate.weight";

    @TempDir
    private Path scratch;

    @Test
    void shouldOpenDemoModel() {
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(ModelDirectory.models().resolve("tiny-moe"))) {
            assertEquals(new ModelConfiguration("mixtral", 4096, 192, 6, 6, 3, 32, 384, 8, 2, 1e-5f, 0, 2048, false,
                new RotaryConfiguration("default", 10_000, 1)), checkpoint.configuration());
            assertEquals(DType.BF16, checkpoint.tensor("model.embed_tokens.weight", 4096, 192).dtype());
            assertEquals(DType.BF16, checkpoint.tensor("lm_head.weight", 4096, 192).dtype());
            assertEquals(checkpoint.expert(new ExpertId(0, 0)).dtypes(), checkpoint.expertTypes());
            assertEquals(Precision.BF16, checkpoint.ownPrecision());
            assertEquals(Set.of(1), checkpoint.generationDefaults().endTokens());
            assertEquals(0, checkpoint.generationDefaults().beginToken().orElseThrow());
            assertTrue(checkpoint.generationDefaults().temperature().isEmpty());
        }
    }

    @Test
    void shouldGiveEachExpertItsOwnMatrices() {
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(ModelDirectory.golden("mixtral"))) {
            final Set<String> names = new HashSet<>();
            for (int layer = 0; layer < 3; layer++) {
                for (int index = 0; index < 8; index++) {
                    final ExpertTensors expert = checkpoint.expert(new ExpertId(layer, index));
                    assertArrayEquals(new long[] {96, 64}, expert.gate().shape());
                    assertArrayEquals(new long[] {96, 64}, expert.up().shape());
                    assertArrayEquals(new long[] {64, 96}, expert.down().shape());
                    names.addAll(List.of(expert.gate().name(), expert.up().name(), expert.down().name()));
                }
            }
            assertEquals(3 * 8 * 3, names.size());
            final String prefix = "model.layers.2.block_sparse_moe.experts.5.";
            final ExpertTensors expert = checkpoint.expert(new ExpertId(2, 5));
            assertEquals(List.of(prefix + "w1.weight", prefix + "w3.weight", prefix + "w2.weight"),
                List.of(expert.gate().name(), expert.up().name(), expert.down().name()));
            for (final ExpertId absent : List.of(new ExpertId(3, 0), new ExpertId(0, 8), new ExpertId(-1, 0))) {
                assertThrows(IllegalArgumentException.class, () -> checkpoint.expert(absent));
            }
        }
    }

    @Test
    void shouldTellTypesOfExpertsWithoutReadingThem() throws IOException {
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch);
        final List<RawTensor> tensors = model.tensors().stream().map(tensor -> tensor.name().endsWith(".w2.weight")
            ? new RawTensor(tensor.name(), "F8_E4M3", tensor.shape(), new byte[tensor.bytes().length / Short.BYTES])
            : tensor).toList();
        RawTensor.write(model.file("model.safetensors"), tensors);
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(scratch)) {
            assertEquals(List.of(DType.BF16, DType.BF16, DType.F8_E4M3), checkpoint.expertTypes());
            assertEquals(Precision.BF16, checkpoint.ownPrecision());
            // They have no scales.
            assertRefused(() -> checkpoint.expert(new ExpertId(0, 0)), "w2.weight_scale_inv");
        }
    }

    @Test
    void shouldReadTheSameBytesAndFingerprintFromShards() throws IOException {
        final ModelDirectory single = ModelDirectory.copyOfGolden("mixtral", scratch.resolve("single"));
        final ModelDirectory sharded = ModelDirectory.copyOfGolden("mixtral", scratch.resolve("sharded")).shard();
        try (Checkpoint one = HuggingFaceCheckpoint.open(single.path());
            Checkpoint two = HuggingFaceCheckpoint.open(sharded.path())) {
            assertEquals(one.fingerprint(), two.fingerprint());
            assertEquals(one.configuration(), two.configuration());
            final Set<Path> files = new HashSet<>();
            for (final RawTensor raw : single.tensors()) {
                final Tensor tensor = two.tensor(raw.name(), raw.shape());
                assertArrayEquals(raw.bytes(), tensor.segment().toArray(ValueLayout.JAVA_BYTE), raw.name());
                assertEquals(raw.dtype(), tensor.dtype().name());
                files.add(two.fileOf(raw.name()));
            }
            assertEquals(Set.of(sharded.file(ModelDirectory.shardName(1)), sharded.file(ModelDirectory.shardName(2))),
                files);
        }
    }

    @Test
    void shouldRefuseWrongShapeAndMissingTensor() {
        final Path path = ModelDirectory.golden("mixtral");
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(path)) {
            assertRefused(() -> checkpoint.tensor(ROUTER, 8, 65), path.resolve("model.safetensors").toString(), ROUTER,
                "[8, 64]", "[8, 65]");
            assertRefused(() -> checkpoint.tensor(ROUTER), ROUTER, "[8, 64]", "[]");
            assertRefused(() -> checkpoint.tensor("model.nothing", 1), path.toString(), "model.nothing", "download");
            assertRefused(() -> checkpoint.fileOf("model.nothing"), "model.nothing");
            assertTrue(checkpoint.contains(ROUTER));
            assertFalse(checkpoint.contains("model.nothing"));
        }
    }

    @Test
    void shouldRefuseWhatIsNoModelDirectory() throws IOException {
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch.resolve("nowhere")), "nowhere", "config.json");
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch), scratch.resolve("config.json").toString());
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch);
        Files.delete(model.file("model.safetensors"));
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch), scratch.toString(), "model.safetensors.index.json");
    }

    @Test
    void shouldNameFileAndTensorOfTruncatedModel() throws IOException {
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch);
        final Path file = model.file("model.safetensors");
        final List<RawTensor> tensors = model.tensors();
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int)Files.size(file) - 1));
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch), file.toString(), "truncated",
            "'" + tensors.getLast().name() + "'", "download");
    }

    @Test
    void shouldNameMissingShardAndItsTensor() throws IOException {
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch).shard();
        final Path shard = model.file(ModelDirectory.shardName(2));
        Files.delete(shard);
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch), shard.toString(), "missing", "tensor 'model.",
            "index.json", "download");
    }

    @Test
    void shouldRefuseIndexThatNamesTensorItsShardDoesNotHave() throws IOException {
        ModelDirectory.copyOfGolden("mixtral", scratch).shard().edit("model.safetensors.index.json",
            index -> index.withObject("weight_map").put("model.extra.weight", ModelDirectory.shardName(1)));
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch), ModelDirectory.shardName(1), "'model.extra.weight'",
            "model.safetensors.index.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../single/model.safetensors", "/etc/model.safetensors", "..", "", "a\\b.safetensors",
        "sub/model.safetensors", "C:model.safetensors", "model.bin", "a\u0000.safetensors"})
    void shouldRefuseIndexThatLeavesTheDirectory(final String shard) throws IOException {
        ModelDirectory.copyOfGolden("mixtral", scratch.resolve("single"));
        final Path sharded = scratch.resolve("sharded");
        ModelDirectory.copyOfGolden("mixtral", sharded).shard().edit("model.safetensors.index.json",
            index -> index.withObject("weight_map").put("lm_head.weight", shard));
        assertRefused(() -> HuggingFaceCheckpoint.open(sharded), "model.safetensors.index.json", "lm_head.weight",
            "same directory");
    }

    @Test
    void shouldRefuseIndexWithoutMap() throws IOException {
        ModelDirectory.copyOfGolden("mixtral", scratch).shard().edit("model.safetensors.index.json",
            index -> index.remove("weight_map"));
        assertRefused(() -> HuggingFaceCheckpoint.open(scratch), "weight_map");
    }

    @Test
    void shouldReleaseTheMappingWhenClosed() {
        final Checkpoint checkpoint = HuggingFaceCheckpoint.open(ModelDirectory.golden("mixtral"));
        final Tensor router = checkpoint.tensor(ROUTER, 8, 64);
        assertTrue(Float.isFinite(router.at(0)));
        checkpoint.close();
        checkpoint.close();
        assertThrows(IllegalStateException.class, () -> router.at(0));
    }

    @Test
    void shouldChangeFingerprintWithEachSampledByte() throws IOException {
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch);
        final List<RawTensor> tensors = model.tensors();
        final Set<ModelFingerprint> seen = new HashSet<>(Set.of(fingerprint()));
        int variants = 1;
        for (int i = 0; i < tensors.size(); i += 7) {
            final RawTensor tensor = tensors.get(i);
            for (final int offset : new int[] {0, tensor.bytes().length / 2, tensor.bytes().length - 1}) {
                final byte[] bytes = tensor.bytes().clone();
                bytes[offset] ^= 1;
                final List<RawTensor> changed = new ArrayList<>(tensors);
                changed.set(i, new RawTensor(tensor.name(), tensor.dtype(), tensor.shape(), bytes));
                RawTensor.write(model.file("model.safetensors"), changed);
                seen.add(fingerprint());
                variants++;
            }
        }
        assertEquals(variants, seen.size());
    }

    @Test
    void shouldChangeFingerprintWithNameDtypeShapeAndConfiguration() throws IOException {
        final ModelDirectory model = ModelDirectory.copyOfGolden("mixtral", scratch);
        final List<RawTensor> tensors = model.tensors();
        final RawTensor first = tensors.getFirst();
        final Set<ModelFingerprint> seen = new HashSet<>(Set.of(fingerprint()));
        for (final RawTensor other : List.of(
            new RawTensor(first.name() + "x", first.dtype(), first.shape(), first.bytes()),
            new RawTensor(first.name(), "F16", first.shape(), first.bytes()),
            new RawTensor(first.name(), first.dtype(), new long[] {first.bytes().length / 2}, first.bytes()))) {
            final List<RawTensor> changed = new ArrayList<>(tensors);
            changed.set(0, other);
            RawTensor.write(model.file("model.safetensors"), changed);
            assertTrue(seen.add(fingerprint()), other.toString());
        }
        RawTensor.write(model.file("model.safetensors"), tensors.reversed());
        assertFalse(seen.add(fingerprint()), "the order of tensors in the file is not the model");
        model.editConfig(config -> config.put("rms_norm_eps", 2e-5));
        assertTrue(seen.add(fingerprint()));
        model.editConfig(config -> config.withObject("rope_parameters").put("rope_theta", 5));
        assertTrue(seen.add(fingerprint()));
        model.editConfig(config -> config.put("transformers_version", "0.0"));
        assertFalse(seen.add(fingerprint()), "what does not change the model does not change its fingerprint");
    }

    private ModelFingerprint fingerprint() {
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(scratch)) {
            return checkpoint.fingerprint();
        }
    }
}
