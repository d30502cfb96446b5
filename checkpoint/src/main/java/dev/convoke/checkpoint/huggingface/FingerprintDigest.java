package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ModelFingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;

/**
 * The first 64 bits of SHA-256 over the configuration, the tensor table sorted by name, and 64 bytes at the beginning,
 * the middle and the end of each tensor. File names are not part of it, so a sharded copy has the same fingerprint.
 */
final class FingerprintDigest {
    private static final String FORMAT = "convoke-fingerprint-1";
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

    static ModelFingerprint of(final ModelConfiguration configuration, final TensorFiles files) {
        final FingerprintDigest fingerprint = new FingerprintDigest();
        fingerprint.add(FORMAT);
        fingerprint.add(configuration);
        fingerprint.add(files);
        return new ModelFingerprint(ByteBuffer.wrap(fingerprint.digest.digest()).getLong());
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
    }

    private void add(final TensorFiles files) {
        final Map<Path, FileChannel> channels = new HashMap<>();
        try {
            for (final String name : files.names()) {
                final SafetensorsFile file = files.fileOf(name);
                FileChannel channel = channels.get(file.path());
                if (channel == null) {
                    channel = FileChannel.open(file.path(), StandardOpenOption.READ);
                    channels.put(file.path(), channel);
                }
                add(file, channel, file.entry(name));
            }
        } catch (final IOException e) {
            throw new CheckpointException("Cannot read the tensors of " + channels.keySet() + ": " + e
                + "; check the files and their permissions.", e);
        } finally {
            channels.values().forEach(FingerprintDigest::close);
        }
    }

    private void add(final SafetensorsFile file, final FileChannel channel, final SafetensorsEntry entry)
        throws IOException {
        add(entry.name());
        add(entry.dtype());
        add(entry.shape().length);
        for (final long extent : entry.shape()) {
            add(extent);
        }
        final long bytes = entry.bytes();
        if (bytes <= 3 * SAMPLE_BYTES) {
            for (long offset = 0; offset < bytes; offset += SAMPLE_BYTES) {
                addSample(file, channel, entry, offset);
            }
        } else {
            addSample(file, channel, entry, 0);
            addSample(file, channel, entry, (bytes - SAMPLE_BYTES) / 2);
            addSample(file, channel, entry, bytes - SAMPLE_BYTES);
        }
    }

    private void addSample(final SafetensorsFile file, final FileChannel channel, final SafetensorsEntry entry,
        final long offset) throws IOException {
        sample.clear().limit((int)Math.min(SAMPLE_BYTES, entry.bytes() - offset));
        file.sample(channel, entry, offset, sample);
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

    private static void close(final FileChannel channel) {
        try {
            channel.close();
        } catch (final IOException ignored) {
            // Opened for reading: nothing is lost when closing fails.
        }
    }
}
