package dev.convoke.loadbalance.trace;

/** Numbers of the format; docs/routing-traces.md describes it. */
final class TraceFormat {
    /** {@code CVKROUTE} in ASCII, little-endian. */
    static final long MAGIC = 0x4554_554f_524b_5643L;
    static final int VERSION = 1;
    static final int MOST_NUMERICS = 0xffff;

    /** Header: what comes before the model's name. */
    static final int HEADER_FIXED_BYTES = 44;
    static final int CHECKSUM_BYTES = Integer.BYTES;
    /** Of a block: kind and length of its content. */
    static final int BLOCK_HEAD_BYTES = 1 + Integer.BYTES;
    static final int BLOCK_FRAME_BYTES = BLOCK_HEAD_BYTES + CHECKSUM_BYTES;

    static final byte LABEL = 'L';
    static final byte STEP = 'S';
    static final byte END = 'E';

    static final int END_CONTENT_BYTES = 3 * Long.BYTES + 1;
    static final int MOST_VARINT_BYTES = 10;

    private TraceFormat() {
    }

    /** Bits of an expert's number; at least one, so that every entry takes room. */
    static int expertBits(final int experts) {
        return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(experts - 1));
    }

    /** Bytes of the packed experts of a step. */
    static long packedBytes(final TraceHeader header, final int layers, final long rows) {
        return (layers * rows * header.topK() * expertBits(header.experts()) + Byte.SIZE - 1) / Byte.SIZE;
    }

    static int layerMaskBytes(final TraceHeader header) {
        return (header.layers() + Byte.SIZE - 1) / Byte.SIZE;
    }

    /** The most bytes that a step can take, block and all. */
    static long mostStepBytes(final TraceHeader header, final int runs, final int layers, final int rows) {
        return BLOCK_FRAME_BYTES + 3L * MOST_VARINT_BYTES + 4L * MOST_VARINT_BYTES * runs + layerMaskBytes(header)
            + packedBytes(header, layers, rows);
    }
}
