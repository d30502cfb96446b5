package dev.convoke.routing;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.Arena;

/**
 * Ties the two legs of an exchange: which host was asked for which entry, what has arrived, and the rows themselves.
 * Allocated once for the context's largest exchange and reused; a decoder that overlaps exchanges has one for each.
 * Owned by the decoder's thread.
 */
public final class ExchangeHandle {
    private final RowBuffer slotRows;
    private final String failure = "";

    /** Allocates for the sizes of a concluded context; the arena must outlive the handle. */
    public ExchangeHandle(final Arena arena, final RoutingContext context) {
        final RoutedModel model = context.model();
        this.slotRows = new RowBuffer(arena, model.operandType(), context.capacityRows() * model.topK(),
            model.hiddenSize());
    }

    /**
     * Expert outputs, unweighted: {@code [capacityRows x topK, hidden]} in the operand type; row
     * {@code row * topK + slot} answers that entry of the plan. Valid from a complete
     * exchange to the next dispatch.
     */
    public RowBuffer slotRows() {
        return slotRows;
    }

    /** Why the exchange was not complete, in one sentence that names host and layer; builds the text when asked. */
    public String failure() {
        return failure;
    }
}
