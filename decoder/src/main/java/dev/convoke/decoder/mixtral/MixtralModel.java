package dev.convoke.decoder.mixtral;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.RotaryConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import dev.convoke.decoder.DecoderModel;
import dev.convoke.decoder.ModelParts;
import dev.convoke.decoder.ModelWeights;
import dev.convoke.decoder.RoutedExperts;
import dev.convoke.decoder.StepBatch;
import dev.convoke.decoder.StepOutcome;
import dev.convoke.decoder.TokenEmbedding;
import dev.convoke.decoder.VocabularyHead;
import dev.convoke.tensor.AttentionBatch;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.KvPages;
import dev.convoke.tensor.RotaryTable;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The forward pass of Mixtral: {@code h += attention(norm(h)); h += experts(norm(h))} in each layer. The residual
 * stream h is f32; what enters a product is in the operand type.
 */
final class MixtralModel implements DecoderModel {
    private final Kernels kernels;
    private final RoutedExperts experts;
    private final KvPages pages;
    private final StageClock stages;
    private final TokenEmbedding embedding;
    private final MixtralLayer[] layers;
    private final VocabularyHead head;
    private final RotaryTable rotary;
    private final float epsilon;
    private final float limit;
    private final int firstKey;
    private final int firstValue;

    private final RowBuffer residual;
    private final RowBuffer normed;
    private final RowBuffer queryKeyValue;
    /** Queries before the rotation, f32; null where they are not normed. */
    private final RowBuffer plainQueries;
    /** Keys before the rotation, f32; null where they are not normed. */
    private final RowBuffer plainKeys;
    private final RowBuffer queries;
    private final RowBuffer keys;
    private final RowBuffer values;
    private final RowBuffer attended;
    private final RowBuffer projected;
    private final AttentionBatch attention;

    MixtralModel(final ModelParts parts, final String routerName) {
        final ModelWeights weights = parts.weights();
        final ModelConfiguration model = weights.configuration();
        final Arena arena = parts.arena();
        final int hidden = model.hiddenSize();
        final int vocabulary = model.vocabularySize();
        final String embeddingName = "model.embed_tokens.weight";
        kernels = parts.kernels();
        experts = parts.experts();
        pages = parts.pages();
        stages = parts.stages();
        epsilon = model.normEpsilon();
        limit = model.traits().queryKeyValueLimit();
        rotary = new RotaryTable(arena, parts.maxContext(), inverseFrequencies(model));
        embedding = new TokenEmbedding(weights.tensor(embeddingName, vocabulary, hidden));
        layers = new MixtralLayer[model.layers()];
        for (int layer = 0; layer < layers.length; layer++) {
            layers[layer] = MixtralLayer.load(weights, layer, routerName);
        }
        head = new VocabularyHead(parts, weights.finiteVector("model.norm.weight", hidden), epsilon,
            weights.matrix(model.tiedEmbeddings() ? embeddingName : "lm_head.weight", vocabulary, hidden));

        final int rows = parts.capacityRows();
        final DType operand = weights.dtype();
        final int queryWidth = model.heads() * model.headDim();
        final int keyWidth = model.kvHeads() * model.headDim();
        firstKey = queryWidth;
        firstValue = queryWidth + keyWidth;
        residual = new RowBuffer(arena, DType.F32, rows, hidden);
        normed = new RowBuffer(arena, operand, rows, hidden);
        queryKeyValue = new RowBuffer(arena, DType.F32, rows, queryWidth + 2 * keyWidth);
        final boolean normedKeys = model.traits().queryKeyNorm();
        plainQueries = normedKeys ? new RowBuffer(arena, DType.F32, rows, queryWidth) : null;
        plainKeys = normedKeys ? new RowBuffer(arena, DType.F32, rows, keyWidth) : null;
        queries = new RowBuffer(arena, operand, rows, queryWidth);
        keys = new RowBuffer(arena, operand, rows, keyWidth);
        values = new RowBuffer(arena, operand, rows, keyWidth);
        attended = new RowBuffer(arena, operand, rows, queryWidth);
        projected = new RowBuffer(arena, DType.F32, rows, hidden);
        attention = new AttentionBatch(pages, queries, attended, model.heads(),
            (float)(1 / StrictMath.sqrt(model.headDim())), model.slidingWindow());
    }

    @Override
    public StepOutcome forward(final StepBatch batch) {
        stages.enter(Stage.EMBED);
        embedding.lookUp(batch, residual);
        for (int layer = 0; layer < layers.length; layer++) {
            stages.enter(Stage.ATTENTION, layer);
            addAttention(layer, batch);
            final StepOutcome outcome = addExperts(layer, batch);
            if (outcome != StepOutcome.COMPLETE) {
                return outcome;
            }
        }
        stages.enter(Stage.HEAD);
        head.score(batch, residual);
        return StepOutcome.COMPLETE;
    }

    private void addAttention(final int layer, final StepBatch batch) {
        final MixtralLayer weights = layers[layer];
        final int rows = batch.rows();
        kernels.rmsNorm(residual, weights.attentionNorm(), epsilon, normed, rows);
        kernels.matmul(weights.queryKeyValue(), normed, queryKeyValue, rows);
        if (weights.queryNorm() == null) {
            clamp(queryKeyValue, 0, queryKeyValue.columns(), rows);
            kernels.rotate(queryKeyValue, 0, rotary, batch.positions(), queries, rows);
            kernels.rotate(queryKeyValue, firstKey, rotary, batch.positions(), keys, rows);
        } else {
            clamp(queryKeyValue, firstValue, queryKeyValue.columns(), rows);
            rotateNormed(0, plainQueries, weights.queryNorm(), batch, queries);
            rotateNormed(firstKey, plainKeys, weights.keyNorm(), batch, keys);
        }
        kernels.round(queryKeyValue, firstValue, values, rows);
        attention.start(layer);
        for (int row = 0; row < rows; row++) {
            final int position = batch.position(row);
            final int[] pageTable = batch.pageTable(row);
            pages.store(pageTable[position / KvPages.PAGE_TOKENS], layer, position % KvPages.PAGE_TOKENS, keys, values,
                row);
            attention.add(position, pageTable);
        }
        kernels.attend(attention);
        kernels.matmul(weights.attentionOutput(), attended, projected, rows);
        kernels.add(projected, residual, rows);
    }

    /** Norm over the whole vector, clamp, rotation. */
    private void rotateNormed(final int firstColumn, final RowBuffer plain, final MemorySegment norm,
        final StepBatch batch, final RowBuffer rotated) {
        kernels.round(queryKeyValue, firstColumn, plain, batch.rows());
        kernels.rmsNorm(plain, norm, epsilon, plain, batch.rows());
        clamp(plain, 0, plain.columns(), batch.rows());
        kernels.rotate(plain, 0, rotary, batch.positions(), rotated, batch.rows());
    }

    /** Only models made long ago ask for it, so it need not be fast. */
    private void clamp(final RowBuffer x, final int fromColumn, final int toColumn, final int rows) {
        if (limit == Float.POSITIVE_INFINITY) {
            return;
        }
        for (int row = 0; row < rows; row++) {
            for (int column = fromColumn; column < toColumn; column++) {
                x.set(row, column, Math.clamp(x.get(row, column), -limit, limit));
            }
        }
    }

    private StepOutcome addExperts(final int layer, final StepBatch batch) {
        final MixtralLayer weights = layers[layer];
        stages.enter(Stage.GATE);
        kernels.rmsNorm(residual, weights.expertNorm(), epsilon, normed, batch.rows());
        return experts.addTo(residual, layer, batch, weights.router(), normed);
    }

    @Override
    public RowBuffer logits() {
        return head.logits();
    }

    private static float[] inverseFrequencies(final ModelConfiguration model) {
        final RotaryConfiguration rotary = model.rotary();
        final float[] frequencies = RotaryTable.defaultFrequencies(model.headDim(), rotary.theta());
        switch (rotary.type()) {
            case "default" -> { }
            case "linear" -> {
                for (int i = 0; i < frequencies.length; i++) {
                    frequencies[i] /= (float)rotary.factor();
                }
            }
            default -> throw new CheckpointException("The rotary embedding of this model is of type '"
                + rotary.type() + "'; only default and linear are known.");
        }
        return frequencies;
    }
}
