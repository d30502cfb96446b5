package dev.convoke.transport;

import dev.convoke.core.DType;
import dev.convoke.transport.codec.ExpertPieceDecoder;

/**
 * A piece of an expert's matrices as a checkpoint has them, gate, up and down one after another.
 *
 * @param from  first byte of the piece
 * @param gate  element type of the matrix, quantised ones included
 * @param up    element type of the matrix
 * @param down  element type of the matrix
 * @param bytes not to be changed
 */
public record ExpertPiece(int expert, long from, DType gate, DType up, DType down, byte[] bytes) {
    /** Numbers of element types on the wire are below this. */
    static final int TYPES = DType.values().length;

    /** Reads a checked frame. */
    public static ExpertPiece of(final ExpertPieceDecoder decoder) {
        final byte[] bytes = new byte[decoder.bytesLength()];
        decoder.getBytes(bytes, 0, bytes.length);
        final DType[] types = DType.values();
        return new ExpertPiece(decoder.expert(), decoder.from(), types[decoder.gateType()], types[decoder.upType()],
            types[decoder.downType()], bytes);
    }
}
