package dev.convoke.transport;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.convoke.transport.codec.CombineDecoder;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertPieceDecoder;
import dev.convoke.transport.codec.ExpertState;
import dev.convoke.transport.codec.FetchExpertDecoder;
import dev.convoke.transport.codec.FreeExpertDecoder;
import dev.convoke.transport.codec.HelloDecoder;
import dev.convoke.transport.codec.HostStatusDecoder;
import dev.convoke.transport.codec.IdentityDecoder;
import dev.convoke.transport.codec.LoadExpertDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.OperandType;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.StatusRequestDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import org.agrona.DirectBuffer;

/**
 * First look at bytes from the network, before any decoder touches them: header, schema, version, and that groups and
 * data lie within the frame and end with it. After {@link #OK} the generated decoders of that template stay within
 * bounds and never throw. Whether row numbers, experts and sizes suit the model is for the receiver to check.
 */
public enum FrameCheck {
    /** May be decoded. */
    OK,
    /** Not a frame of this protocol, or damaged. */
    MALFORMED,
    /** A frame of this protocol in a version that is not spoken here; nothing behind the header may be read. */
    WRONG_VERSION;

    private static final int HEADER_BYTES = MessageHeaderDecoder.ENCODED_LENGTH;
    private static final int GROUP_HEADER_BYTES = DispatchDecoder.AssignmentsDecoder.HEADER_SIZE;
    private static final int MAX_COUNT = DispatchDecoder.AssignmentsDecoder.countMaxValue();
    private static final int BAD = -1;

    /** Checks one frame; does not allocate. */
    public static FrameCheck check(final DirectBuffer buffer, final int offset, final int length) {
        if (offset < 0 || length < HEADER_BYTES || length > buffer.capacity() - offset
            || u16(buffer, offset + MessageHeaderDecoder.schemaIdEncodingOffset()) != MessageHeaderDecoder.SCHEMA_ID) {
            return MALFORMED;
        }
        if (u16(buffer, offset + MessageHeaderDecoder.versionEncodingOffset()) != MessageHeaderDecoder.SCHEMA_VERSION) {
            return WRONG_VERSION;
        }
        final int block = offset + HEADER_BYTES;
        final int end = offset + length;
        final int after = switch (u16(buffer, offset + MessageHeaderDecoder.templateIdEncodingOffset())) {
            case DispatchDecoder.TEMPLATE_ID -> afterDispatch(buffer, block, end);
            case CombineDecoder.TEMPLATE_ID -> afterCombine(buffer, block, end);
            case HelloDecoder.TEMPLATE_ID -> afterTagged(buffer, block, HelloDecoder.BLOCK_LENGTH, end);
            case WelcomeDecoder.TEMPLATE_ID -> afterWelcome(buffer, block, end);
            case RefusalDecoder.TEMPLATE_ID -> afterRefusal(buffer, block, end);
            case LoadExpertDecoder.TEMPLATE_ID -> afterTagged(buffer, block, LoadExpertDecoder.BLOCK_LENGTH, end);
            case FreeExpertDecoder.TEMPLATE_ID -> afterTagged(buffer, block, FreeExpertDecoder.BLOCK_LENGTH, end);
            case StatusRequestDecoder.TEMPLATE_ID ->
                afterTagged(buffer, block, StatusRequestDecoder.BLOCK_LENGTH, end);
            case HostStatusDecoder.TEMPLATE_ID -> afterHostStatus(buffer, block, end);
            case FetchExpertDecoder.TEMPLATE_ID -> afterTagged(buffer, block, FetchExpertDecoder.BLOCK_LENGTH, end);
            case ExpertPieceDecoder.TEMPLATE_ID -> afterExpertPiece(buffer, block, end);
            default -> BAD;
        };
        return after == end ? OK : MALFORMED;
    }

    private static int afterDispatch(final DirectBuffer buffer, final int block, final int end) {
        final int groupBlock = DispatchDecoder.AssignmentsDecoder.sbeBlockLength();
        final int group = afterBlock(buffer, block, DispatchDecoder.BLOCK_LENGTH, end);
        final int data = afterGroup(buffer, group, groupBlock, end);
        if (data == BAD) {
            return BAD;
        }
        final int rowCount = u16(buffer, block + DispatchDecoder.rowCountEncodingOffset());
        final int copies = u8(buffer, block + DispatchDecoder.answerCopiesEncodingOffset());
        if (copies < DispatchDecoder.answerCopiesMinValue() || copies > DispatchDecoder.answerCopiesMaxValue()
            || rowCount > DispatchDecoder.rowCountMaxValue() || !ascending(buffer, group, data, rowCount)) {
            return BAD;
        }
        final long hiddenSize = u32(buffer, block + DispatchDecoder.hiddenSizeEncodingOffset());
        return afterRows(buffer, afterData(buffer, data, end), rowsBytes(buffer, block, hiddenSize, rowCount), end);
    }

    private static boolean ascending(final DirectBuffer buffer, final int group, final int end, final int rowCount) {
        int last = 0;
        for (int i = group + GROUP_HEADER_BYTES; i < end; i += DispatchDecoder.AssignmentsDecoder.sbeBlockLength()) {
            final int row = u16(buffer, i + DispatchDecoder.AssignmentsDecoder.dataRowEncodingOffset());
            if (row < last || row >= rowCount) {
                return false;
            }
            last = row;
        }
        return true;
    }

    private static int afterCombine(final DirectBuffer buffer, final int block, final int end) {
        final int groupBlock = CombineDecoder.ResultsDecoder.sbeBlockLength();
        final int group = afterBlock(buffer, block, CombineDecoder.BLOCK_LENGTH, end);
        final int data = afterGroup(buffer, group, groupBlock, end);
        if (data == BAD) {
            return BAD;
        }
        final int count = (data - group - GROUP_HEADER_BYTES) / groupBlock;
        final long hiddenSize = u32(buffer, block + CombineDecoder.hiddenSizeEncodingOffset());
        return afterRows(buffer, afterData(buffer, data, end), rowsBytes(buffer, block, hiddenSize, count), end);
    }

    /** A frame of fields alone. */
    private static int afterTagged(final DirectBuffer buffer, final int block, final int blockLength, final int end) {
        return afterData(buffer, afterBlock(buffer, block, blockLength, end), end);
    }

    private static int afterHostStatus(final DirectBuffer buffer, final int block, final int end) {
        final int groupBlock = HostStatusDecoder.ExpertsDecoder.sbeBlockLength();
        final int group = afterBlock(buffer, block, HostStatusDecoder.BLOCK_LENGTH, end);
        final int text = afterGroup(buffer, group, groupBlock, end);
        if (text == BAD) {
            return BAD;
        }
        for (int i = group + GROUP_HEADER_BYTES; i < text; i += groupBlock) {
            if (u8(buffer, i + HostStatusDecoder.ExpertsDecoder.stateEncodingOffset()) > ExpertState.FAILED.value()) {
                return BAD;
            }
        }
        return afterData(buffer, afterData(buffer, text, end), end);
    }

    private static int afterExpertPiece(final DirectBuffer buffer, final int block, final int end) {
        final int data = afterBlock(buffer, block, ExpertPieceDecoder.BLOCK_LENGTH, end);
        final int first = data + ExpertPieceDecoder.bytesHeaderLength();
        if (data == BAD || first > end || u32(buffer, data) > end - first
            || u8(buffer, block + ExpertPieceDecoder.gateTypeEncodingOffset()) >= ExpertPiece.TYPES
            || u8(buffer, block + ExpertPieceDecoder.upTypeEncodingOffset()) >= ExpertPiece.TYPES
            || u8(buffer, block + ExpertPieceDecoder.downTypeEncodingOffset()) >= ExpertPiece.TYPES) {
            return BAD;
        }
        return afterData(buffer, first + (int)u32(buffer, data), end);
    }

    private static int afterWelcome(final DirectBuffer buffer, final int block, final int end) {
        final int group = afterBlock(buffer, block, WelcomeDecoder.BLOCK_LENGTH, end);
        return afterData(
            buffer, afterGroup(buffer, group, WelcomeDecoder.ExpertsDecoder.sbeBlockLength(), end), end);
    }

    private static int afterRefusal(final DirectBuffer buffer, final int block, final int end) {
        final int text = afterBlock(buffer, block, RefusalDecoder.BLOCK_LENGTH, end);
        if (text == BAD) {
            return BAD;
        }
        final int code = u8(buffer, block + RefusalDecoder.codeEncodingOffset());
        return code > ErrorCode.DRAINING.value() ? BAD : afterData(buffer, afterData(buffer, text, end), end);
    }

    /** The root block, whose length precedes it in the message header; it starts with the identity. */
    private static int afterBlock(final DirectBuffer buffer, final int block, final int blockLength, final int end) {
        final int header = block - HEADER_BYTES;
        if (u16(buffer, header + MessageHeaderDecoder.blockLengthEncodingOffset()) != blockLength
            || blockLength > end - block) {
            return BAD;
        }
        final int part = u16(buffer, block + IdentityDecoder.partEncodingOffset());
        final int parts = u16(buffer, block + IdentityDecoder.partsEncodingOffset());
        final int type = u8(buffer, block + IdentityDecoder.operandTypeEncodingOffset());
        return part < parts && type <= OperandType.BF16.value() ? block + blockLength : BAD;
    }

    private static int afterGroup(final DirectBuffer buffer, final int group, final int blockLength, final int end) {
        if (group == BAD || end - group < GROUP_HEADER_BYTES || u16(buffer, group) != blockLength) {
            return BAD;
        }
        final int count = u16(buffer, group + Short.BYTES);
        final int first = group + GROUP_HEADER_BYTES;
        return count > MAX_COUNT || count * blockLength > end - first ? BAD : first + count * blockLength;
    }

    private static long rowsBytes(
        final DirectBuffer buffer, final int block, final long hiddenSize, final int rowCount) {
        final boolean f32 = u8(buffer, block + IdentityDecoder.operandTypeEncodingOffset()) == OperandType.F32.value();
        return hiddenSize * rowCount * (f32 ? Float.BYTES : Short.BYTES);
    }

    /** They come last: that the frame ends with them is known without a look at its end, which is far away. */
    private static int afterRows(final DirectBuffer buffer, final int data, final long expectedBytes, final int end) {
        final int first = data + DispatchDecoder.rowsHeaderLength();
        return data == BAD || first > end || u32(buffer, data) != expectedBytes || expectedBytes > end - first
            ? BAD : first + (int)expectedBytes;
    }

    private static int afterData(final DirectBuffer buffer, final int data, final int end) {
        if (data == BAD || end - data < DispatchDecoder.authenticationTagHeaderLength()) {
            return BAD;
        }
        final int after = data + DispatchDecoder.authenticationTagHeaderLength() + u16(buffer, data);
        return after > end ? BAD : after;
    }

    private static int u8(final DirectBuffer buffer, final int index) {
        return buffer.getByte(index) & 0xFF;
    }

    private static int u16(final DirectBuffer buffer, final int index) {
        return buffer.getShort(index, LITTLE_ENDIAN) & 0xFFFF;
    }

    private static long u32(final DirectBuffer buffer, final int index) {
        return buffer.getInt(index, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }
}
