package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.FingerprintDigest;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A model directory in Hugging Face layout: config.json beside one or several safetensors files. Thread-safe. */
public final class HuggingFaceCheckpoint implements Checkpoint {
    private final Path path;
    private final ModelFamily family;
    private final ModelConfiguration configuration;
    private final GenerationDefaults generationDefaults;
    private final Arena arena;
    private final TensorFiles files;
    private final ModelFingerprint fingerprint;

    private HuggingFaceCheckpoint(final Path path, final JsonFields config, final Arena arena) {
        this.path = path;
        this.arena = arena;
        family = ModelFamilies.of(config);
        configuration = family.configuration(config);
        generationDefaults = GenerationKeys.read(path, config, configuration.vocabularySize());
        files = TensorFiles.open(path, arena);
        fingerprint = files.fingerprint(FingerprintDigest.of(configuration));
    }

    /**
     * Opens a directory: reads its configuration, maps its tensor files and checks their headers.
     *
     * @throws CheckpointException naming the file, and the key or tensor, that is missing, damaged or not supported
     */
    public static Checkpoint open(final Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new CheckpointException("There is no directory " + directory
                + "; name one that holds config.json, tokenizer.json and model.safetensors.");
        }
        final JsonFields config = JsonFields.read(directory.resolve("config.json"));
        final Arena arena = Arena.ofShared();
        try {
            return new HuggingFaceCheckpoint(directory, config, arena);
        } catch (final RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public ModelConfiguration configuration() {
        return configuration;
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return generationDefaults;
    }

    @Override
    public boolean contains(final String name) {
        return files.contains(name);
    }

    @Override
    public Tensor tensor(final String name, final long... shape) {
        final SafetensorsFile file = files.fileOf(name);
        final Tensor tensor = BlockScaledMatrix.isIn(file, name)
            ? BlockScaledMatrix.read(file, files.fileOf(name + BlockScaledMatrix.SCALES), name) : file.tensor(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new CheckpointException(file.path() + ": tensor '" + name + "' has shape "
                + Arrays.toString(tensor.shape()) + ", but config.json calls for " + Arrays.toString(shape)
                + "; the two are of different models, download both again.");
        }
        return tensor;
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        configuration.requireExpert(expert);
        final int width = configuration.expertWidth();
        final int hiddenSize = configuration.hiddenSize();
        return new ExpertTensors(tensor(family.gateTensor(expert), width, hiddenSize),
            tensor(family.upTensor(expert), width, hiddenSize),
            tensor(family.downTensor(expert), hiddenSize, width));
    }

    @Override
    public List<DType> expertTypes() {
        final ExpertId first = new ExpertId(0, 0);
        return Stream.of(family.gateTensor(first), family.upTensor(first), family.downTensor(first)).map(name -> {
            final SafetensorsFile file = files.fileOf(name);
            return BlockScaledMatrix.isIn(file, name) ? DType.F8_E4M3 : file.tensor(name).dtype();
        }).toList();
    }

    @Override
    public Path fileOf(final String name) {
        return files.fileOf(name).path();
    }

    @Override
    public ModelFingerprint fingerprint() {
        return fingerprint;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return configuration.modelType() + " " + fingerprint + " in " + path;
    }
}
