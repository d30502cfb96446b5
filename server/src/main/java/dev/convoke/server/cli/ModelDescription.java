package dev.convoke.server.cli;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.Precision;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.loadbalance.Placement;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What a checkpoint holds and what serving it takes, as nested maps of plain values: sizes in bytes. */
final class ModelDescription {
    private ModelDescription() {
    }

    /**
     * Describes a checkpoint.
     *
     * @param precision of weights and KV while serving
     * @param placement of the experts on hosts
     */
    static Map<String, Object> of(final Checkpoint checkpoint, final Precision precision,
        final Placement placement) {
        final ModelConfiguration m = checkpoint.configuration();
        final DType stored = checkpoint.expertTypes().getFirst();
        final Map<String, Object> all = new LinkedHashMap<>();
        all.put("model", checkpoint.path().toString());
        all.put("architecture", m.modelType());
        all.put("layers", m.layers());
        all.put("hidden_size", m.hiddenSize());
        all.put("attention_heads", m.heads());
        all.put("key_value_heads", m.kvHeads());
        all.put("head_size", m.headDim());
        all.put("sliding_window", m.slidingWindow());
        all.put("experts", m.experts());
        all.put("expert_width", m.expertWidth());
        all.put("top_k", m.topK());
        all.put("vocabulary", m.vocabularySize());
        all.put("tied_embeddings", m.tiedEmbeddings());
        all.put("positions", m.maxPositions());
        all.put("parameters", ModelSizes.parameters(m));
        all.put("active_parameters", ModelSizes.activeParameters(m));
        all.put("stored_type", nameOf(stored));
        all.put("expert_bytes_stored", stored.bytesOf(ModelSizes.expertParameters(m)));
        all.put("kv_bytes_per_token_bf16", ModelSizes.kvElementsPerToken(m) * DType.BF16.bytes());
        all.put("kv_bytes_per_token_f32", ModelSizes.kvElementsPerToken(m) * DType.F32.bytes());
        all.put("fingerprint", checkpoint.fingerprint().toString());
        all.put("serving", serving(checkpoint, stored, precision, placement));
        all.put("files", files(checkpoint.path()));
        return all;
    }

    private static Map<String, Object> serving(final Checkpoint checkpoint, final DType stored,
        final Precision precision, final Placement placement) {
        final ModelConfiguration m = checkpoint.configuration();
        final BackendSelection selection = BackendSelection.of(BackendSelection.AUTO, precision);
        final KernelBackend backend = selection.backend();
        final DType operand = precision.operand();
        final long expertBytes = backend.packedFfnBytes(checkpoint.expertTypes(), operand,
            ModelSizes.expertParameters(m));
        final Map<String, Object> serving = new LinkedHashMap<>();
        serving.put("type", precision.label());
        serving.put("backend", selection.reason());
        serving.put("decoder_weight_bytes", backend.packedBytes(stored, operand, ModelSizes.dense(m)));
        serving.put("decoder_kv_bytes_per_token", ModelSizes.kvElementsPerToken(m) * operand.bytes());
        final List<Map<String, Object>> hosts = new ArrayList<>();
        for (int host = 0; host < placement.hosts(); host++) {
            final int experts = ExpertBank.expertsOf(placement, host).size();
            final Map<String, Object> one = new LinkedHashMap<>();
            one.put("experts", experts);
            one.put("weight_bytes", experts * expertBytes);
            hosts.add(one);
        }
        serving.put("hosts", hosts);
        return serving;
    }

    private static Map<String, Object> files(final Path model) {
        final Map<String, Object> sizes = new LinkedHashMap<>();
        try (Stream<Path> files = Files.isDirectory(model) ? Files.list(model) : Stream.of(model)) {
            for (final Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                sizes.put(file.getFileName().toString(), Files.size(file));
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return sizes;
    }

    private static String nameOf(final DType dtype) {
        return dtype.name().toLowerCase(Locale.ROOT);
    }
}
