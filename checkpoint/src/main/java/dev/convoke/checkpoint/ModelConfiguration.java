package dev.convoke.checkpoint;

import dev.convoke.core.ExpertId;

/**
 * The sizes and constants of a decoder-only Mixture-of-Experts model, whatever file they came from.
 *
 * @param modelType         family as the checkpoint names it, for example {@code mixtral}
 * @param vocabularySize    rows of the embedding and of the head
 * @param hiddenSize        columns of a hidden row
 * @param layers            decoder layers
 * @param heads             query heads
 * @param kvHeads           key-value heads
 * @param headDim           elements of a head, not necessarily hiddenSize / heads
 * @param expertWidth       intermediate size of one expert
 * @param experts           logical experts in a layer
 * @param topK              experts chosen for a row
 * @param normEpsilon       added to the mean square by RMS norm
 * @param slidingWindow     keys visible to a row including itself; 0 means all
 * @param maxPositions      positions the model was made for
 * @param tiedEmbeddings    the head reuses the embedding
 * @param rotary            rotary embedding
 * @param traits            what sets the family's layers apart from those of Mixtral
 */
public record ModelConfiguration(String modelType, int vocabularySize, int hiddenSize, int layers, int heads,
    int kvHeads, int headDim, int expertWidth, int experts, int topK, float normEpsilon, int slidingWindow,
    int maxPositions, boolean tiedEmbeddings, RotaryConfiguration rotary, ModelTraits traits) {
    /** A model with Mixtral's layers. */
    public ModelConfiguration(final String modelType, final int vocabularySize, final int hiddenSize, final int layers,
        final int heads, final int kvHeads, final int headDim, final int expertWidth, final int experts,
        final int topK, final float normEpsilon, final int slidingWindow, final int maxPositions,
        final boolean tiedEmbeddings, final RotaryConfiguration rotary) {
        this(modelType, vocabularySize, hiddenSize, layers, heads, kvHeads, headDim, expertWidth, experts, topK,
            normEpsilon, slidingWindow, maxPositions, tiedEmbeddings, rotary, ModelTraits.MIXTRAL);
    }

    /** Throws {@link IllegalArgumentException} unless the model has the expert. */
    public void requireExpert(final ExpertId expert) {
        if (expert.layer() < 0 || expert.layer() >= layers || expert.index() < 0 || expert.index() >= experts) {
            throw new IllegalArgumentException("there is no " + expert + " in a model of " + layers + " layers and "
                + experts + " experts");
        }
    }
}
