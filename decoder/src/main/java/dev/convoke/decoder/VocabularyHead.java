package dev.convoke.decoder;

import dev.convoke.core.DType;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.PackedMatrix;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.MemorySegment;

/** The last norm and the product with the vocabulary, for the rows whose logits are wanted and no others. */
public final class VocabularyHead {
    private final Kernels kernels;
    private final MemorySegment norm;
    private final float epsilon;
    private final PackedMatrix head;
    private final RowBuffer chosen;
    private final RowBuffer normed;
    private final RowBuffer logits;

    /**
     * Takes the weights and allocates its rows.
     *
     * @param norm [hidden] f32
     * @param head [vocabulary, hidden]
     */
    public VocabularyHead(final ModelParts parts, final MemorySegment norm, final float epsilon,
        final PackedMatrix head) {
        final int rows = parts.capacityLogitRows();
        this.kernels = parts.kernels();
        this.norm = norm;
        this.epsilon = epsilon;
        this.head = head;
        this.chosen = new RowBuffer(parts.arena(), DType.F32, rows, head.inputs());
        this.normed = new RowBuffer(parts.arena(), head.dtype(), rows, head.inputs());
        this.logits = new RowBuffer(parts.arena(), DType.F32, rows, head.outputs());
    }

    /**
     * Computes the wanted logits.
     *
     * @param residual [batch.rows(), hidden] f32, after the last layer
     */
    public void score(final StepBatch batch, final RowBuffer residual) {
        final int rows = batch.logitRows();
        for (int i = 0; i < rows; i++) {
            MemorySegment.copy(residual.segment(), residual.rowOffsetBytes(batch.logitRow(i)), chosen.segment(),
                chosen.rowOffsetBytes(i), chosen.rowBytes());
        }
        kernels.rmsNorm(chosen, norm, epsilon, normed, rows);
        kernels.matmul(head, normed, logits, rows);
    }

    /** [batch.logitRows(), vocabulary] f32. */
    public RowBuffer logits() {
        return logits;
    }
}
