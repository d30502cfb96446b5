package dev.convoke.loadbalance.trace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Bytes of one block in the making: little-endian numbers, numbers of seven bits a byte, numbers of few bits. */
final class BlockBytes {
    private static final int SEVEN_BITS = 7;
    private static final int MORE = 0x80;

    private final CRC32C checksum = new CRC32C();
    private byte[] bytes = new byte[1 << 10];
    private ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private long bits;
    private int bitCount;

    /** Empties it and makes room for so many bytes. */
    ByteBuffer start(final long room) {
        if (bytes.length < room) {
            bytes = new byte[Math.toIntExact(Math.max(room, 2L * bytes.length))];
            buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        return buffer.clear();
    }

    /** Empties it, makes room and leaves out the head of a block, which {@link #finish} fills. */
    ByteBuffer startBlock(final long room) {
        return start(room).position(TraceFormat.BLOCK_HEAD_BYTES);
    }

    /** A number from 0, the smaller the shorter. */
    void putVarint(final long value) {
        long rest = value;
        while ((rest & -MORE) != 0) {
            buffer.put((byte)(rest | MORE));
            rest >>>= SEVEN_BITS;
        }
        buffer.put((byte)rest);
    }

    /** A number of either sign, the nearer to 0 the shorter. */
    void putSigned(final long value) {
        putVarint(value << 1 ^ value >> Long.SIZE - 1);
    }

    /** The lowest bits of a number, after those put before. */
    void putBits(final int value, final int count) {
        bits |= (long)value << bitCount;
        bitCount += count;
        while (bitCount >= Byte.SIZE) {
            buffer.put((byte)bits);
            bits >>>= Byte.SIZE;
            bitCount -= Byte.SIZE;
        }
    }

    /** Fills the last byte with zeros. */
    void flushBits() {
        if (bitCount > 0) {
            buffer.put((byte)bits);
        }
        bits = 0;
        bitCount = 0;
    }

    /** Ends a block that was begun with {@link #startBlock}; the view is valid until the next start. */
    ByteBuffer finish(final byte kind) {
        buffer.put(0, kind);
        buffer.putInt(1, buffer.position() - TraceFormat.BLOCK_HEAD_BYTES);
        return sealed();
    }

    /** Adds the checksum of all before; the view is valid until the next start. */
    ByteBuffer sealed() {
        checksum.reset();
        checksum.update(bytes, 0, buffer.position());
        buffer.putInt((int)checksum.getValue());
        return ByteBuffer.wrap(bytes, 0, buffer.position()).asReadOnlyBuffer();
    }
}
