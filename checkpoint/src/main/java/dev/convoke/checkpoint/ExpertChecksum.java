package dev.convoke.checkpoint;

import dev.convoke.core.Throttle;
import dev.convoke.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The first 64 bits of SHA-256 over all bytes of an expert's matrices and their types: two hosts that find the same
 * compute the same, wherever they have it from.
 */
public final class ExpertChecksum {
    private static final long CHUNK_BYTES = 1 << 17;

    private ExpertChecksum() {
    }

    /** Reads every byte. */
    public static long of(final ExpertTensors expert) {
        return of(expert, Throttle.NONE);
    }

    /** The same, in small portions. */
    public static long of(final ExpertTensors expert, final Throttle throttle) {
        final MessageDigest digest = newDigest();
        for (final Tensor tensor : List.of(expert.gate(), expert.up(), expert.down())) {
            digest.update(tensor.dtype().name().getBytes(StandardCharsets.US_ASCII));
            final MemorySegment bytes = tensor.segment();
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(bytes.byteSize()).flip());
            for (long offset = 0; offset < bytes.byteSize(); offset += CHUNK_BYTES) {
                digest.update(bytes.asSlice(offset, Math.min(CHUNK_BYTES, bytes.byteSize() - offset)).asByteBuffer());
                throttle.onPortion();
            }
        }
        return ByteBuffer.wrap(digest.digest()).getLong();
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
