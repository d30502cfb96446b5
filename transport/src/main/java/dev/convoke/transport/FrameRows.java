package dev.convoke.transport;

import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.codec.DispatchDecoder;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The bridge between rows off-heap and rows in a frame, where they come last, without padding. One per row buffer. */
public final class FrameRows {
    private final RowBuffer rows;
    private final UnsafeBuffer view;

    /** A view of rows that live at least as long as this. */
    public FrameRows(final RowBuffer rows) {
        this.rows = rows;
        this.view = new UnsafeBuffer(rows.segment().address(), Math.toIntExact(rows.segment().byteSize()));
    }

    /** Where the first row of a checked frame lies: behind its authentication tag, which is at an index. */
    public static int first(final DirectBuffer frame, final int tag) {
        return tag + DispatchDecoder.authenticationTagHeaderLength()
            + (frame.getShort(tag, ByteOrder.LITTLE_ENDIAN) & 0xFFFF) + DispatchDecoder.rowsHeaderLength();
    }

    /** Copies one row out into a frame; returns its bytes. */
    public int write(final int row, final MutableDirectBuffer target, final int offset) {
        target.putBytes(offset, view, (int)rows.rowOffsetBytes(row), rows.rowBytes());
        return rows.rowBytes();
    }

    /** Copies one row in from a frame, whose bounds have been checked; returns its bytes. */
    public int read(final int row, final DirectBuffer source, final int offset) {
        source.getBytes(offset, view, (int)rows.rowOffsetBytes(row), rows.rowBytes());
        return rows.rowBytes();
    }
}
