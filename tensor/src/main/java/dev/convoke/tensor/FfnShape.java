package dev.convoke.tensor;

import dev.convoke.core.DType;

/**
 * Sizes of a {@link FfnBatch}.
 *
 * @param dtype     of input, activation and output rows
 * @param rows      most rows of a batch
 * @param groups    most groups of a batch
 * @param hidden    elements of an input row and of an output row
 * @param width     elements between
 */
public record FfnShape(DType dtype, int rows, int groups, int hidden, int width) {
}
