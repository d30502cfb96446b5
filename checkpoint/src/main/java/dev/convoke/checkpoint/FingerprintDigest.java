package dev.convoke.checkpoint;

import dev.convoke.core.ModelFingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The first 64 bits of SHA-256 over the configuration, the tensor table sorted by name, and 64 bytes at the beginning,
 * the middle and the end of each tensor. File names are not part of it, so a sharded copy has the same fingerprint.
 */
public final class FingerprintDigest {
    /** Reads bytes of a tensor without touching its neighbours, as a mapping would. */
    @FunctionalInterface
    public interface Reads {
        /** Fills the buffer from {@code offset} on, counted from the tensor's first byte. */
        void read(long offset, ByteBuffer to) throws IOException;
    }

    private static final String FORMAT = "convoke-fingerprint-2";
    private static final int SAMPLE_BYTES = 64;

    private final MessageDigest digest;
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
    private final ByteBuffer sample = ByteBuffer.allocate(SAMPLE_BYTES);

    private FingerprintDigest() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (final NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Begins with the configuration. */
    public static FingerprintDigest of(final ModelConfiguration configuration) {
        final FingerprintDigest fingerprint = new FingerprintDigest();
        fingerprint.add(FORMAT);
        fingerprint.add(configuration);
        return fingerprint;
    }

    /** The digest of all that was added. */
    public ModelFingerprint fingerprint() {
        return new ModelFingerprint(ByteBuffer.wrap(digest.digest()).getLong());
    }

    private void add(final ModelConfiguration configuration) {
        add(configuration.modelType());
        add(configuration.vocabularySize());
        add(configuration.hiddenSize());
        add(configuration.layers());
        add(configuration.heads());
        add(configuration.kvHeads());
        add(configuration.headDim());
        add(configuration.expertWidth());
        add(configuration.experts());
        add(configuration.topK());
        add(Float.floatToIntBits(configuration.normEpsilon()));
        add(configuration.slidingWindow());
        add(configuration.maxPositions());
        add(configuration.tiedEmbeddings() ? 1 : 0);
        add(configuration.rotary().type());
        add(Double.doubleToLongBits(configuration.rotary().theta()));
        add(Double.doubleToLongBits(configuration.rotary().factor()));
        add(configuration.traits().queryKeyNorm() ? 1 : 0);
        add(Float.floatToIntBits(configuration.traits().queryKeyValueLimit()));
        add(configuration.traits().renormalisedWeights() ? 1 : 0);
    }

    /**
     * Adds a tensor; a model's are added in the order of their names.
     *
     * @param type  as the file writes it
     * @param shape outermost dimension first
     * @param bytes length of the tensor
     * @param reads reads some of them
     */
    public void add(final String name, final String type, final long[] shape, final long bytes, final Reads reads)
        throws IOException {
        add(name);
        add(type);
        add(shape.length);
        for (final long extent : shape) {
            add(extent);
        }
        if (bytes <= 3 * SAMPLE_BYTES) {
            for (long offset = 0; offset < bytes; offset += SAMPLE_BYTES) {
                addSample(bytes, offset, reads);
            }
        } else {
            addSample(bytes, 0, reads);
            addSample(bytes, (bytes - SAMPLE_BYTES) / 2, reads);
            addSample(bytes, bytes - SAMPLE_BYTES, reads);
        }
    }

    private void addSample(final long bytes, final long offset, final Reads reads) throws IOException {
        sample.clear().limit((int)Math.min(SAMPLE_BYTES, bytes - offset));
        reads.read(offset, sample);
        digest.update(sample.flip());
    }

    private void add(final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        add(bytes.length);
        digest.update(bytes);
    }

    private void add(final long value) {
        digest.update(number.clear().putLong(value).flip());
    }
}
