package dev.convoke.checkpoint;

import dev.convoke.core.DType;
import dev.convoke.tensor.Tensor;
import java.util.List;

/**
 * The three matrices of one expert.
 *
 * @param gate [expertWidth, hiddenSize]
 * @param up   [expertWidth, hiddenSize]
 * @param down [hiddenSize, expertWidth]
 */
public record ExpertTensors(Tensor gate, Tensor up, Tensor down) {
    /** Types of gate, up and down as they are stored. */
    public List<DType> dtypes() {
        return List.of(gate.dtype(), up.dtype(), down.dtype());
    }
}
