package dev.convoke.decoder;

import dev.convoke.core.timing.StageClock;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.KvPages;
import java.lang.foreign.Arena;

/**
 * What a model is put together from.
 *
 * @param weights           the checkpoint's tensors, checked and packed
 * @param kernels           arithmetic, for the decoder's thread
 * @param arena             owns the model's memory
 * @param pages             the key-value cache's memory
 * @param experts           the way to the experts, by layer
 * @param stages            told of what the forward pass does
 * @param capacityRows      the most rows of one step
 * @param capacityLogitRows the most rows of one step whose logits are wanted
 * @param maxContext        positions of the longest sequence
 */
public record ModelParts(ModelWeights weights, Kernels kernels, Arena arena, KvPages pages, RoutedExperts experts,
    StageClock stages, int capacityRows, int capacityLogitRows, int maxContext) {
}
