package dev.convoke.bench.synthetic;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NearestName;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sizes of a model.
 *
 * @param family     decides on names
 * @param hidden     elements of a hidden row
 * @param width      of an expert
 * @param experts    of a layer
 * @param topK       experts of a row
 * @param heads      of attention
 * @param kvHeads    of keys and values
 * @param headDim    elements of a head
 * @param layers     of the whole model
 * @param vocabulary tokens
 * @param positions  most positions
 * @param ropeTheta  base of the rotary embedding
 */
public record Shape(Family family, int hidden, int width, int experts, int topK, int heads, int kvHeads, int headDim,
    int layers, int vocabulary, int positions, double ropeTheta) {
    private static final Map<String, Shape> BY_NAME = new TreeMap<>(Map.of(
        "mixtral-8x7b", new Shape(Family.MIXTRAL, 4096, 14336, 8, 2, 32, 8, 128, 32, 32000, 32768, 1e6),
        "mixtral-8x22b", new Shape(Family.MIXTRAL, 6144, 16384, 8, 2, 48, 8, 128, 56, 32768, 65536, 1e6),
        "olmoe-1b-7b", new Shape(Family.OLMOE, 2048, 1024, 64, 8, 16, 16, 128, 16, 50304, 4096, 1e4),
        "tiny-moe", new Shape(Family.MIXTRAL, 192, 384, 8, 2, 6, 3, 32, 6, 4096, 2048, 1e4)));

    /** How a family names its tensors and settings. */
    public enum Family {
        /** As Mixtral. */
        MIXTRAL,
        /** As OLMoE, which normalises queries and keys, too. */
        OLMOE
    }

    /** A shape by the name of the model it is of. */
    public static Shape named(final String name) {
        final Shape shape = BY_NAME.get(name);
        if (shape == null) {
            throw new ConfigurationException("There is no shape '" + name + "'; choose from "
                + String.join(", ", BY_NAME.keySet()) + NearestName.hint(name, BY_NAME.keySet()) + ".");
        }
        return shape;
    }

    /** This, with so many layers. */
    public Shape withLayers(final int count) {
        return new Shape(family, hidden, width, experts, topK, heads, kvHeads, headDim, count, vocabulary, positions,
            ropeTheta);
    }

    /** This, with so many tokens. */
    public Shape withVocabulary(final int tokens) {
        return new Shape(family, hidden, width, experts, topK, heads, kvHeads, headDim, layers, tokens, positions,
            ropeTheta);
    }
}
