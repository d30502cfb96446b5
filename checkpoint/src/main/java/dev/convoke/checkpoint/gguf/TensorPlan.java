package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ExpertTensors;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

/**
 * Which tensors a file gets, and each in which type. Norms and routers stay f32: they are small, and a route that
 * flips changes a row more than any rounding. The embedding stays bf16, since a token reads one row of it. The head
 * never gets below eight bits.
 */
final class TensorPlan {
    private final Checkpoint checkpoint;
    private final ModelConfiguration model;
    private final GgufArchitecture architecture;
    private final TensorNames names;
    private final DType weights;
    private final List<OutputTensor> tensors = new ArrayList<>();

    private TensorPlan(final Checkpoint checkpoint, final GgufArchitecture architecture, final DType weights) {
        this.checkpoint = checkpoint;
        model = checkpoint.configuration();
        this.architecture = architecture;
        names = new TensorNames(architecture);
        this.weights = weights;
    }

    /** The tensors of a model in the order in which they are written. */
    static List<OutputTensor> of(final Checkpoint checkpoint, final GgufArchitecture architecture,
        final DType weights) {
        final TensorPlan plan = new TensorPlan(checkpoint, architecture, weights);
        plan.addModel();
        return List.copyOf(plan.tensors);
    }

    private void addModel() {
        final int hidden = model.hiddenSize();
        add("model.embed_tokens", weights == DType.F32 ? DType.F32 : DType.BF16, model.vocabularySize(), hidden);
        for (int layer = 0; layer < model.layers(); layer++) {
            addAttention("model.layers." + layer + '.');
            addExperts(layer);
        }
        add("model.norm", DType.F32, hidden);
        if (!model.tiedEmbeddings()) {
            add("lm_head", weights == DType.Q4_0 ? fitting(DType.Q8_0, hidden) : fitting(weights, hidden),
                model.vocabularySize(), hidden);
        }
    }

    private void addAttention(final String layer) {
        final int hidden = model.hiddenSize();
        final int queryWidth = model.heads() * model.headDim();
        final int keyWidth = model.kvHeads() * model.headDim();
        add(layer + "input_layernorm", DType.F32, hidden);
        final LongUnaryOperator order = architecture.interleaved() ? this::interleaved : LongUnaryOperator.identity();
        add(layer + "self_attn.q_proj", fitting(weights, hidden), order, queryWidth, hidden);
        add(layer + "self_attn.k_proj", fitting(weights, hidden), order, keyWidth, hidden);
        add(layer + "self_attn.v_proj", fitting(weights, hidden), keyWidth, hidden);
        add(layer + "self_attn.o_proj", fitting(weights, queryWidth), hidden, queryWidth);
        if (model.traits().queryKeyNorm()) {
            add(layer + "self_attn.q_norm", DType.F32, queryWidth);
            add(layer + "self_attn.k_norm", DType.F32, keyWidth);
        }
        add(layer + "post_attention_layernorm", DType.F32, hidden);
        add(layer + architecture.routerName(), DType.F32, model.experts(), hidden);
    }

    private void addExperts(final int layer) {
        final int hidden = model.hiddenSize();
        final int width = model.expertWidth();
        addExperts(layer, "gate", ExpertTensors::gate, width, hidden);
        addExperts(layer, "up", ExpertTensors::up, width, hidden);
        addExperts(layer, "down", ExpertTensors::down, hidden, width);
    }

    private void addExperts(final int layer, final String matrix, final Function<ExpertTensors, Tensor> which,
        final int outputs, final int inputs) {
        final List<Supplier<Tensor>> parts = new ArrayList<>();
        for (int index = 0; index < model.experts(); index++) {
            final ExpertId expert = new ExpertId(layer, index);
            parts.add(() -> which.apply(checkpoint.expert(expert)));
        }
        tensors.add(new OutputTensor(TensorNames.experts(layer, matrix), fitting(weights, inputs),
            new long[] {model.experts(), outputs, inputs}, parts, LongUnaryOperator.identity()));
    }

    private void add(final String name, final DType dtype, final long... shape) {
        add(name, dtype, LongUnaryOperator.identity(), shape);
    }

    private void add(final String name, final DType dtype, final LongUnaryOperator order, final long... shape) {
        final String original = name + ".weight";
        tensors.add(new OutputTensor(names.of(original), dtype, shape,
            List.of(() -> checkpoint.tensor(original, shape)), order));
    }

    /** Rows that are no whole blocks cannot be quantised. */
    private static DType fitting(final DType dtype, final int columns) {
        return columns % dtype.blockElements() == 0 ? dtype : DType.BF16;
    }

    /** Of each head, rows i and i + half become 2i and 2i + 1: the order of the interleaved rotation. */
    private long interleaved(final long row) {
        final long inHead = row % model.headDim();
        return row - inHead + inHead % 2 * (model.headDim() / 2) + inHead / 2;
    }
}
