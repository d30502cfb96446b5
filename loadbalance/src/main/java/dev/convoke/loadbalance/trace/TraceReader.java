package dev.convoke.loadbalance.trace;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NumericsId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Reads a routing trace from a buffer that holds all of it. Everything is checked before it is used: whatever the
 * bytes are, reading ends with steps that can be relied on or with a {@link TraceException}. Owned by one thread.
 */
public final class TraceReader {
    private static final String RECORD_AGAIN = "; record it again.";

    private final String name;
    private final ByteBuffer bytes;
    private final TraceHeader header;
    private final StepReader stepReader;
    private final CRC32C checksum = new CRC32C();
    private final List<String> labels = new ArrayList<>(List.of(""));
    private int blockOffset;
    private int blockEnd;
    private long steps;
    private long rows;
    private TraceEnd end;

    /**
     * Reads the header.
     *
     * @param name of the trace, for errors
     * @param all  of its bytes, from position to limit
     */
    public TraceReader(final String name, final ByteBuffer all) {
        this.name = name;
        this.bytes = all.slice().order(ByteOrder.LITTLE_ENDIAN);
        this.header = readHeader();
        this.stepReader = new StepReader(header);
        this.blockEnd = bytes.position();
        if (bytes.limit() > header.mostBytes()) {
            throw damaged(0, "it has " + bytes.limit() + " bytes, more than the " + header.mostBytes()
                + " that it claims to have at most");
        }
    }

    private TraceHeader readHeader() {
        if (bytes.remaining() < Long.BYTES || bytes.getLong(0) != TraceFormat.MAGIC) {
            throw new TraceException(name + " is not a routing trace: it does not begin with CVKROUTE at offset 0; "
                + "make one with convoke placement record.");
        }
        if (bytes.remaining() < TraceFormat.HEADER_FIXED_BYTES) {
            throw cutOff();
        }
        final int version = bytes.getShort(8) & 0xffff;
        if (version != TraceFormat.VERSION) {
            throw new TraceException(name + " is a routing trace of version " + version + " (offset 8), and this "
                + "Convoke reads version " + TraceFormat.VERSION + "; use the Convoke that recorded it.");
        }
        final int length = bytes.getShort(10) & 0xffff;
        final int nameLength = bytes.getShort(TraceFormat.HEADER_FIXED_BYTES - Short.BYTES) & 0xffff;
        if (length != TraceFormat.HEADER_FIXED_BYTES + nameLength + TraceFormat.CHECKSUM_BYTES) {
            throw damaged(10, "its header's length is wrong");
        }
        if (bytes.remaining() < length) {
            throw cutOff();
        }
        requireChecksum(0, length - TraceFormat.CHECKSUM_BYTES);
        final TraceHeader read = checkedHeader(nameLength);
        bytes.position(length);
        return read;
    }

    private TraceHeader checkedHeader(final int nameLength) {
        final int operand = bytes.get(29);
        if (bytes.getShort(12) != 0 || operand < 0 || operand > 1) {
            throw damaged(12, "its header holds what this version does not know");
        }
        try {
            return new TraceHeader(text(TraceFormat.HEADER_FIXED_BYTES, nameLength),
                new ModelFingerprint(bytes.getLong(16)), new NumericsId(bytes.getShort(14) & 0xffff),
                operand == 0 ? DType.F32 : DType.BF16, bytes.getShort(24) & 0xffff, bytes.getShort(26) & 0xffff,
                bytes.get(28) & 0xff, bytes.getInt(30), bytes.getLong(34));
        } catch (final ConfigurationException e) {
            throw damaged(14, "its header is out of range (" + e.getMessage() + ")");
        }
    }

    /** What the trace begins with. */
    public TraceHeader header() {
        return header;
    }

    /** The labels that have been named so far, by index; the first is empty and stands for none. */
    public List<String> labels() {
        return labels;
    }

    /** Where the header or block that was read last ends; all before it is in order. */
    public int blockEnd() {
        return blockEnd;
    }

    /** Steps read so far. */
    public long steps() {
        return steps;
    }

    /** Rows of the steps read so far. */
    public long rows() {
        return rows;
    }

    /** What the trace ends with; once {@link #next} has returned false. */
    public TraceEnd end() {
        return end;
    }

    /**
     * Reads the next step.
     *
     * @param step overwritten, also when there is none
     * @return false at the end
     */
    public boolean next(final TraceStep step) {
        while (end == null) {
            blockOffset = bytes.position();
            if (bytes.remaining() < TraceFormat.BLOCK_FRAME_BYTES) {
                throw cutOff();
            }
            final byte kind = bytes.get();
            final int length = bytes.getInt();
            if (length < 0 || length > bytes.remaining() - TraceFormat.CHECKSUM_BYTES) {
                throw kind == TraceFormat.LABEL || kind == TraceFormat.STEP || kind == TraceFormat.END ? cutOff()
                    : damaged(blockOffset, "there is no such block as " + kind);
            }
            requireChecksum(blockOffset, TraceFormat.BLOCK_HEAD_BYTES + length);
            final int contentEnd = bytes.position() + length;
            switch (kind) {
                case TraceFormat.LABEL -> readLabel(length);
                case TraceFormat.END -> readEnd(length);
                case TraceFormat.STEP -> readStep(step, contentEnd);
                default -> throw damaged(blockOffset, "there is no such block as " + kind);
            }
            blockEnd = contentEnd + TraceFormat.CHECKSUM_BYTES;
            bytes.position(blockEnd);
            if (kind == TraceFormat.STEP) {
                return true;
            }
        }
        if (bytes.hasRemaining()) {
            throw damaged(bytes.position(), bytes.remaining() + " bytes follow its end");
        }
        return false;
    }

    private void readLabel(final int length) {
        if (length < 2 || labels.size() > TraceLimits.MOST_LABELS || bytes.get(bytes.position()) != labels.size()) {
            throw damaged(blockOffset, "a label is out of turn");
        }
        final String label = text(bytes.position() + 1, length - 1);
        if (!TraceLimits.isLabel(label)) {
            throw damaged(blockOffset, "a label is no text of 1 to " + TraceLimits.MOST_LABEL_BYTES + " bytes");
        }
        labels.add(label);
    }

    private void readStep(final TraceStep step, final int contentEnd) {
        final String fault = stepReader.read(bytes, contentEnd, labels.size(), step);
        if (fault != null) {
            throw damaged(blockOffset, fault);
        }
        steps++;
        rows += step.rows();
    }

    private void readEnd(final int length) {
        final int at = bytes.position();
        if (length != TraceFormat.END_CONTENT_BYTES) {
            throw damaged(blockOffset, "its end has the wrong length");
        }
        final int reason = bytes.get(at + 3 * Long.BYTES);
        final long dropped = bytes.getLong(at + 2 * Long.BYTES);
        if (reason < 0 || reason >= TraceEnd.Reason.values().length || dropped < 0) {
            throw damaged(blockOffset, "its end is out of range");
        }
        end = new TraceEnd(bytes.getLong(at), bytes.getLong(at + Long.BYTES), dropped,
            TraceEnd.Reason.values()[reason]);
        if (end.steps() != steps || end.rows() != rows) {
            throw damaged(blockOffset, "its end tells of " + end.steps() + " steps and " + end.rows() + " rows, but "
                + steps + " and " + rows + " are there");
        }
    }

    private void requireChecksum(final int offset, final int length) {
        checksum.reset();
        checksum.update(bytes.slice(offset, length));
        if ((int)checksum.getValue() != bytes.getInt(offset + length)) {
            throw damaged(offset, "a checksum does not match");
        }
    }

    private String text(final int offset, final int length) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.slice(offset, length)).toString();
        } catch (final CharacterCodingException e) {
            throw damaged(offset, "a text is not UTF-8");
        }
    }

    private TraceException damaged(final int offset, final String why) {
        return new TraceException(name + " is damaged at offset " + offset + ": " + why + RECORD_AGAIN);
    }

    private TraceException cutOff() {
        return new TraceException(name + " ends at offset " + bytes.limit() + " in the middle of what begins at offset "
            + blockOffset + RECORD_AGAIN);
    }
}
