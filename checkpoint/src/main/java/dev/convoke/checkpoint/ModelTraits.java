package dev.convoke.checkpoint;

/**
 * What sets a family's layers apart from those of Mixtral.
 *
 * @param queryKeyNorm         queries and keys go through an RMS norm of the whole vector before the rotation
 * @param queryKeyValueLimit   queries, keys and values are clamped to plus and minus this; infinite where they are not
 * @param renormalisedWeights  the weights of a row's chosen experts add up to 1
 */
public record ModelTraits(boolean queryKeyNorm, float queryKeyValueLimit, boolean renormalisedWeights) {
    /** Those of Mixtral itself. */
    public static final ModelTraits MIXTRAL = new ModelTraits(false, Float.POSITIVE_INFINITY, true);
}
