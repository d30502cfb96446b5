package dev.convoke.bench.kernels;

import dev.convoke.core.DType;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FrameRows;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.DispatchEncoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A dispatch frame of rows of 4096 bf16, each for one expert, as decoders write and hosts take them. */
@State(Scope.Thread)
public class Frames {
    private static final int COLUMNS = 4096;
    private static final int ROOM = 4096;
    private static final byte[] NO_TAG = {};

    /** Rows in the frame. */
    @Param({"1", "8", "31"})
    public int rows;

    private Arena arena;
    private FrameRows frameRows;
    private int rowBytes;
    private UnsafeBuffer buffer;
    private int length;
    private double bytes;
    private final FrameIdentity identity = new FrameIdentity();
    private final MessageHeaderEncoder headerEncoder = new MessageHeaderEncoder();
    private final DispatchEncoder encoder = new DispatchEncoder();
    private final MessageHeaderDecoder headerDecoder = new MessageHeaderDecoder();
    private final DispatchDecoder decoder = new DispatchDecoder();

    /** Writes the frame once, so that it can be read. */
    @Setup
    public void write() {
        arena = Arena.ofShared();
        final RowBuffer held = new RowBuffer(arena, DType.BF16, rows, COLUMNS);
        rowBytes = COLUMNS * DType.BF16.bytes();
        frameRows = new FrameRows(held);
        buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(rows * rowBytes + ROOM));
        identity.clear().dtype(DType.BF16).part(0, 1);
        length = encoded();
        if (FrameCheck.check(buffer, 0, length) != FrameCheck.OK) {
            throw new IllegalStateException("the frame is not what hosts take");
        }
        bytes = 2.0 * length;
    }

    /** Frees the rows. */
    @TearDown
    public void free() {
        arena.close();
    }

    /** Header, assignments and rows. */
    @Benchmark
    public int encode(final Work work) {
        work.add(bytes, 0);
        return encoded();
    }

    private int encoded() {
        encoder.wrapAndApplyHeader(buffer, 0, headerEncoder);
        identity.writeTo(encoder.identity());
        encoder.epoch(1).hiddenSize(COLUMNS).rowCount(rows).answerCopies((short)1);
        final DispatchEncoder.AssignmentsEncoder group = encoder.assignmentsCount(rows);
        for (int row = 0; row < rows; row++) {
            group.next().row(row).dataRow(row).expert(row).slot((short)0).padding((short)0)
                .inputScale(DispatchEncoder.AssignmentsEncoder.inputScaleNullValue());
        }
        encoder.putAuthenticationTag(NO_TAG, 0, 0);
        final int start = encoder.limit();
        int offset = start + DispatchEncoder.rowsHeaderLength();
        for (int row = 0; row < rows; row++) {
            offset += frameRows.write(row, buffer, offset);
        }
        buffer.putInt(start, offset - start - DispatchEncoder.rowsHeaderLength(), DispatchEncoder.BYTE_ORDER);
        encoder.limit(offset);
        return MessageHeaderEncoder.ENCODED_LENGTH + encoder.encodedLength();
    }

    /** All checks, the assignments, and the rows into a row buffer. */
    @Benchmark
    public long decode(final Work work) {
        long sum = FrameCheck.check(buffer, 0, length).ordinal();
        decoder.wrapAndApplyHeader(buffer, 0, headerDecoder);
        identity.readFrom(decoder.identity());
        for (final DispatchDecoder.AssignmentsDecoder group : decoder.assignments()) {
            sum += group.expert() + group.dataRow();
        }
        int offset = FrameRows.first(buffer, decoder.limit());
        for (int row = 0; row < rows; row++) {
            offset += frameRows.read(row, buffer, offset);
        }
        work.add(bytes, 0);
        return sum + offset;
    }
}
