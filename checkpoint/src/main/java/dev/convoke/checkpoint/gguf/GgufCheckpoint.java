package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.FingerprintDigest;
import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.Limits;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A model in GGUF. Tensors answer to the names of Hugging Face's layout as well as to their own, and come in its order
 * of rows. Thread-safe.
 */
final class GgufCheckpoint implements Checkpoint {
    private static final String EMBEDDING = "token_embd.weight";
    private static final String HEAD = "output.weight";

    private final Path path;
    private final Arena arena;
    private final GgufShards files;
    private final GgufArchitecture architecture;
    private final TensorNames names;
    private final ModelConfiguration configuration;
    private final GenerationDefaults generationDefaults;
    private final ModelFingerprint fingerprint;

    private GgufCheckpoint(final Path path, final Arena arena) {
        this.path = path;
        this.arena = arena;
        files = GgufShards.open(path, arena);
        final GgufMetadata metadata = files.metadata();
        architecture = GgufArchitecture.of(metadata);
        names = new TensorNames(architecture);
        refuseWhatChangesTheModel();
        configuration = architecture.configuration(metadata, vocabularySize(), !files.contains(HEAD));
        generationDefaults = GgufTokenizer.generationDefaults(metadata, configuration.vocabularySize());
        fingerprint = files.fingerprint(FingerprintDigest.of(configuration));
    }

    /** Opens a file, or the first of several. */
    static Checkpoint open(final Path path) {
        final Arena arena = Arena.ofShared();
        try {
            return new GgufCheckpoint(path, arena);
        } catch (final RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private void refuseWhatChangesTheModel() {
        if (files.contains("rope_freqs.weight")) {
            throw new CheckpointException(path + ": tensor 'rope_freqs.weight' scales the rotary embedding, which is "
                + "not supported; use a model without it.");
        }
    }

    private int vocabularySize() {
        final long[] shape = files.tensor(EMBEDDING).shape();
        if (shape.length != 2 || shape[0] > Limits.VOCABULARY) {
            throw new CheckpointException(files.fileOf(EMBEDDING).path() + ": tensor '" + EMBEDDING + "' has shape "
                + Arrays.toString(shape) + ", which is no embedding; the file is damaged, download it again.");
        }
        return (int)shape[0];
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
        return files.contains(names.of(name));
    }

    @Override
    public Tensor tensor(final String name, final long... shape) {
        final String own = names.of(name);
        final Tensor tensor = checked(files.tensor(own), shape);
        if (architecture.interleaved() && (own.endsWith(".attn_q.weight") || own.endsWith(".attn_k.weight"))) {
            return inHalves(tensor);
        }
        return tensor;
    }

    @Override
    public ExpertTensors expert(final ExpertId expert) {
        configuration.requireExpert(expert);
        final int width = configuration.expertWidth();
        final int hiddenSize = configuration.hiddenSize();
        return new ExpertTensors(expert(expert, "gate", width, hiddenSize), expert(expert, "up", width, hiddenSize),
            expert(expert, "down", hiddenSize, width));
    }

    private Tensor expert(final ExpertId expert, final String matrix, final int outputs, final int inputs) {
        final String alone = TensorNames.expert(expert.layer(), matrix, expert.index());
        if (files.contains(alone)) {
            return checked(files.tensor(alone), outputs, inputs);
        }
        final Tensor all = checked(files.tensor(TensorNames.experts(expert.layer(), matrix)),
            configuration.experts(), outputs, inputs);
        final long bytes = all.segment().byteSize() / configuration.experts();
        return new Tensor(all.name(), all.dtype(), new long[] {outputs, inputs},
            all.segment().asSlice(expert.index() * bytes, bytes));
    }

    private Tensor checked(final Tensor tensor, final long... shape) {
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new CheckpointException(files.fileOf(tensor.name()).path() + ": tensor '" + tensor.name()
                + "' has shape " + Arrays.toString(tensor.shape()) + ", but the metadata calls for "
                + Arrays.toString(shape) + "; the file is damaged, download it again.");
        }
        return tensor;
    }

    /**
     * Of each head, row 2i goes to i and row 2i + 1 to i + half: from the order of the interleaved rotation to that of
     * the half-split one. A copy, freed when nobody holds it any longer.
     */
    private Tensor inHalves(final Tensor tensor) {
        final DType dtype = tensor.dtype();
        final long rowBytes = dtype.bytesOf(tensor.shape()[1]);
        final int headDim = configuration.headDim();
        final int half = headDim / 2;
        final MemorySegment rows = Arena.ofAuto().allocate(tensor.segment().byteSize(), 64);
        for (long row = 0; row < tensor.shape()[0]; row++) {
            final long inHead = row % headDim;
            final long from = row - inHead + inHead % half * 2 + inHead / half;
            MemorySegment.copy(tensor.segment(), from * rowBytes, rows, row * rowBytes, rowBytes);
        }
        return new Tensor(tensor.name(), dtype, tensor.shape(), rows);
    }

    @Override
    public Path fileOf(final String name) {
        return files.fileOf(names.of(name)).path();
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
