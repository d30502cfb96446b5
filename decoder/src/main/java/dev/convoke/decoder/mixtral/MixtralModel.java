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
    private final int firstKey;
    private final int firstValue;

    private final RowBuffer residual;
    private final RowBuffer normed;
    private final RowBuffer queryKeyValue;
    private final RowBuffer queries;
    private final RowBuffer keys;
    private final RowBuffer values;
    private final RowBuffer attended;
    private final RowBuffer projected;
    private final AttentionBatch attention;

    MixtralModel(final ModelParts parts) {
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
        rotary = new RotaryTable(arena, parts.maxContext(), inverseFrequencies(model));
        embedding = new TokenEmbedding(weights.tensor(embeddingName, vocabulary, hidden));
        layers = new MixtralLayer[model.layers()];
        for (int layer = 0; layer < layers.length; layer++) {
            layers[layer] = MixtralLayer.load(weights, layer);
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
        kernels.rotate(queryKeyValue, 0, rotary, batch.positions(), queries, rows);
        kernels.rotate(queryKeyValue, firstKey, rotary, batch.positions(), keys, rows);
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
            default -> throw new CheckpointException("The rotary embedding of this Mixtral model is of type '"
                + rotary.type() + "'; only default and linear are known.");
        }
        return frequencies;
    }
}
