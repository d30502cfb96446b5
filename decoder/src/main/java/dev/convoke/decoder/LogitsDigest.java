package dev.convoke.decoder;

import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Digests the raw bits of all logits, by request and position, to tell whether two deployments compute the same. A
 * request that scores its prompt is digested at every position. Logits that a repeated step computes again must come
 * out the same. Allocates once a request.
 */
public final class LogitsDigest implements StepObserver {
    private static final long BASIS = 0xCBF29CE484222325L;
    private static final long PRIME = 0x100000001B3L;

    private final Map<GenerationRequest, long[]> digests = new ConcurrentHashMap<>();
    private volatile boolean contradicted;

    @Override
    public void onLogits(final StepBatch batch, final RowBuffer logits) {
        for (int i = 0; i < batch.logitRows(); i++) {
            final int row = batch.logitRow(i);
            final GenerationRequest request = batch.request(row);
            final long[] ofRequest = digests.computeIfAbsent(request,
                key -> new long[key.promptLength() + key.maxTokens()]);
            final int position = batch.position(row);
            final long digest = digestOf(logits, i);
            contradicted |= ofRequest[position] != 0 && ofRequest[position] != digest;
            ofRequest[position] = digest;
        }
    }

    /** FNV-1a over the bits of each value, with 64 bits of state. */
    private static long digestOf(final RowBuffer logits, final int row) {
        long digest = BASIS;
        for (int column = 0; column < logits.columns(); column++) {
            final long offset = logits.rowOffsetBytes(row) + (long)column * Float.BYTES;
            digest = (digest ^ logits.segment().get(ValueLayout.JAVA_INT, offset)) * PRIME;
        }
        return digest;
    }

    /** By position, 0 where no logits were wanted. Any thread, once the request's stream has ended. */
    public long[] byPosition(final GenerationRequest request) {
        final long[] ofRequest = digests.get(request);
        return ofRequest == null ? new long[0] : ofRequest.clone();
    }

    /** All positions in one number. Any thread, once the request's stream has ended. */
    public long of(final GenerationRequest request) {
        long digest = BASIS;
        for (final long ofPosition : byPosition(request)) {
            digest = (digest ^ ofPosition) * PRIME;
        }
        return digest;
    }

    /** Whether some logits were computed twice and differed. */
    public boolean isContradicted() {
        return contradicted;
    }
}
