package dev.convoke.routing;

import dev.convoke.core.DType;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;

/**
 * What decoder and expert hosts must agree on, and the sizes that follow from the model.
 *
 * @param fingerprint of the checkpoint
 * @param numerics    the set of bits the decoder computes in
 * @param operandType element type of rows on the wire, f32 or bf16
 * @param layers      decoder layers; experts are numbered within each
 * @param experts     logical experts of a layer
 * @param topK        choices of each row
 * @param hiddenSize  elements of a row
 */
public record RoutedModel(ModelFingerprint fingerprint, NumericsId numerics, DType operandType, int layers, int experts,
    int topK, int hiddenSize) {
}
