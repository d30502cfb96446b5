package dev.convoke.checkpoint;

import dev.convoke.tensor.Tensor;

/**
 * The three matrices of one expert.
 *
 * @param gate [expertWidth, hiddenSize]
 * @param up   [expertWidth, hiddenSize]
 * @param down [hiddenSize, expertWidth]
 */
public record ExpertTensors(Tensor gate, Tensor up, Tensor down) {
}
