package dev.convoke.server.deployment;

import dev.convoke.decoder.StepBatch;
import dev.convoke.decoder.StepObserver;
import dev.convoke.tensor.RowBuffer;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Digests the raw bits of every row of logits, in the order in which one sequence makes them. */
final class LogitsDigest implements StepObserver {
    private final List<String> rows = new ArrayList<>();

    @Override
    public synchronized void onLogits(final StepBatch batch, final RowBuffer logits) {
        for (int row = 0; row < batch.logitRows(); row++) {
            rows.add(digest(logits, row));
        }
    }

    private static String digest(final RowBuffer logits, final int row) {
        try {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(logits.segment().asSlice(logits.rowOffsetBytes(row), (long)logits.columns() * Float.BYTES)
                .toArray(ValueLayout.JAVA_BYTE));
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (final NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** What was seen since the last call. */
    synchronized List<String> take() {
        final List<String> taken = List.copyOf(rows);
        rows.clear();
        return taken;
    }
}
