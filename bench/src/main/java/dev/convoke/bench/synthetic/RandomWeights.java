package dev.convoke.bench.synthetic;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.SplittableRandom;

/**
 * Fills tensors with bf16 numbers, evenly spread with a standard deviation of 0.02 as models are initialised. The
 * numbers of a tensor depend on seed and name alone.
 */
final class RandomWeights {
    private static final double DEVIATION = 0.02;
    private static final int VALUES = 1 << Short.SIZE;
    private static final short ONE = 0x3F80;
    private static final int BUFFER_BYTES = 1 << 22;
    private static final int VALUES_PER_LONG = Long.BYTES / Short.BYTES;

    private final long seed;
    private final short[] spread = new short[VALUES];
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    RandomWeights(final long seed) {
        this.seed = seed;
        final double bound = DEVIATION * Math.sqrt(3);
        for (int i = 0; i < VALUES; i++) {
            final float value = (float)(bound * (2 * (i + 0.5) / VALUES - 1));
            spread[i] = (short)(Float.floatToRawIntBits(value) + 0x8000 >>> Short.SIZE);
        }
    }

    void write(final TensorList.Entry tensor, final WritableByteChannel out) throws IOException {
        final SplittableRandom random = new SplittableRandom(seed ^ (long)tensor.name().hashCode() << Integer.SIZE);
        long left = tensor.elements();
        while (left > 0) {
            buffer.clear();
            while (left > 0 && buffer.hasRemaining()) {
                long bits = random.nextLong();
                for (int i = 0; i < VALUES_PER_LONG && left > 0; i++, left--) {
                    buffer.putShort(tensor.random() ? spread[(int)bits & VALUES - 1] : ONE);
                    bits >>>= Short.SIZE;
                }
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
        }
    }
}
