package dev.convoke.decoder;

import dev.convoke.tensor.RowBuffer;

/** A model's forward pass over a batch, without its experts' weights. Owned by the decoder's thread. */
public interface DecoderModel {
    /**
     * Computes one step: stores keys and values of every row and the logits of the rows that want them. Does not
     * allocate, lock, log or throw. A step may be repeated; it gives the same bits again.
     */
    StepOutcome forward(StepBatch batch);

    /** [batch.logitRows(), vocabulary] f32, after a complete step. */
    RowBuffer logits();
}
