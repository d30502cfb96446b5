package dev.convoke.decoder;

import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;

/** Turns tokens into rows of the residual stream: the checkpoint's values, widened, not rounded. */
public final class TokenEmbedding {
    private final Tensor table;
    private final int hiddenSize;

    /** Reads from the checkpoint's own memory, so that only the rows in use are touched. */
    public TokenEmbedding(final Tensor table) {
        this.table = table;
        this.hiddenSize = Math.toIntExact(table.shape()[1]);
    }

    /**
     * Overwrites the residual stream with the batch's tokens.
     *
     * @param residual [batch.rows(), hidden] f32
     */
    public void lookUp(final StepBatch batch, final RowBuffer residual) {
        for (int row = 0; row < batch.rows(); row++) {
            final long first = (long)batch.token(row) * hiddenSize;
            for (int column = 0; column < hiddenSize; column++) {
                residual.set(row, column, table.at(first + column));
            }
        }
    }
}
