package dev.convoke.decoder;

import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;

/** Turns tokens into rows of the residual stream: the checkpoint's values, widened, not rounded. */
public final class TokenEmbedding {
    private final Tensor table;
    private final float[] values;

    /** Reads from the checkpoint's own memory, so that only the rows in use are touched. */
    public TokenEmbedding(final Tensor table) {
        this.table = table;
        this.values = new float[Math.toIntExact(table.shape()[1])];
    }

    /**
     * Overwrites the residual stream with the batch's tokens.
     *
     * @param residual [batch.rows(), hidden] f32
     */
    public void lookUp(final StepBatch batch, final RowBuffer residual) {
        for (int row = 0; row < batch.rows(); row++) {
            table.read((long)batch.token(row) * values.length, values, values.length);
            for (int column = 0; column < values.length; column++) {
                residual.set(row, column, values[column]);
            }
        }
    }
}
