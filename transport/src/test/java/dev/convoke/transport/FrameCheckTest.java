package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.transport.codec.CombineDecoder;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.ExpertPieceDecoder;
import dev.convoke.transport.codec.FetchExpertDecoder;
import dev.convoke.transport.codec.FreeExpertDecoder;
import dev.convoke.transport.codec.HelloDecoder;
import dev.convoke.transport.codec.HostStatusDecoder;
import dev.convoke.transport.codec.LoadExpertDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.StatusRequestDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Every buffer here ends with the frame and is bounds checked, so that reading too far throws. */
class FrameCheckTest {
    private static final int TEMPLATES = 11;
    private static final int MUTATIONS = 200_000;

    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final SampleFrames samples = new SampleFrames(random);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private long sink;

    @Test
    void shouldAcceptAndDecodeEveryTemplateWhenWellFormed() {
        for (int i = 0; i < 1000; i++) {
            final int template = 1 + i % TEMPLATES;
            final UnsafeBuffer frame = samples.ofTemplate(template);
            assertEquals(FrameCheck.OK, check(frame), "template " + template + " seed " + seed);
            assertEquals(frame.capacity(), decode(frame), "template " + template + " seed " + seed);
        }
    }

    @Test
    void shouldRejectWhenCutShortOrFollowedByMore() {
        for (int template = 1; template <= TEMPLATES; template++) {
            final UnsafeBuffer frame = samples.ofTemplate(template);
            for (int length = 0; length < frame.capacity(); length++) {
                final UnsafeBuffer cut = new UnsafeBuffer(new byte[length]);
                cut.putBytes(0, frame, 0, length);
                assertEquals(FrameCheck.MALFORMED, check(cut), "template " + template + " cut to " + length);
            }
            final UnsafeBuffer longer = new UnsafeBuffer(new byte[frame.capacity() + 1]);
            longer.putBytes(0, frame, 0, frame.capacity());
            assertEquals(FrameCheck.MALFORMED, check(longer), "template " + template + " and one byte");
        }
    }

    @Test
    void shouldRejectWhenTheBufferIsShorterThanToldOrTheOffsetNegative() {
        final UnsafeBuffer frame = samples.ofTemplate(1);
        assertEquals(FrameCheck.MALFORMED, FrameCheck.check(frame, 0, frame.capacity() + 1));
        assertEquals(FrameCheck.MALFORMED, FrameCheck.check(frame, 8, frame.capacity()));
        assertEquals(FrameCheck.MALFORMED, FrameCheck.check(frame, -8, frame.capacity()));
        assertEquals(FrameCheck.MALFORMED, FrameCheck.check(frame, frame.capacity(), Integer.MAX_VALUE));
    }

    @Test
    void shouldTellAnotherVersionFromGarbageWhenOnlyTheHeaderIsKnown() {
        for (final int version : new int[] {0, 1, 77, 65535}) {
            final UnsafeBuffer frame = new UnsafeBuffer(new byte[8]);
            putShort(frame, 0, 4321);
            putShort(frame, 2, 99);
            putShort(frame, 4, MessageHeaderDecoder.SCHEMA_ID);
            putShort(frame, 6, version);
            assertEquals(FrameCheck.WRONG_VERSION, check(frame));
        }
        final UnsafeBuffer otherSchema = samples.ofTemplate(3);
        putShort(otherSchema, 4, 1);
        assertEquals(FrameCheck.MALFORMED, check(otherSchema));
        final UnsafeBuffer otherTemplate = samples.ofTemplate(3);
        putShort(otherTemplate, 2, TEMPLATES + 1);
        assertEquals(FrameCheck.MALFORMED, check(otherTemplate));
    }

    @Test
    void shouldRejectWhenAFieldContradictsTheRest() {
        final int block = MessageHeaderDecoder.ENCODED_LENGTH;
        final int group = block + DispatchDecoder.BLOCK_LENGTH;
        reject(1, "block length", 0, DispatchDecoder.BLOCK_LENGTH + 1);
        reject(1, "part beyond parts", block + 38, 65535);
        reject(1, "no parts", block + 40, 0);
        reject(1, "operand type", block + 44, 0x0202);
        reject(1, "row count", block + DispatchDecoder.rowCountEncodingOffset(), 1000);
        reject(1, "no rows", block + DispatchDecoder.rowCountEncodingOffset(), 0);
        // With the upper half of the number of rows, of which there are fewer than 256.
        reject(1, "no answer", block + DispatchDecoder.answerCopiesEncodingOffset() - 1, 0);
        reject(1, "answered four times", block + DispatchDecoder.answerCopiesEncodingOffset() - 1, 0x0400);
        reject(1, "answered 255 times", block + DispatchDecoder.answerCopiesEncodingOffset() - 1, 0xFF00);
        reject(1, "hidden size", block + DispatchDecoder.hiddenSizeEncodingOffset(), 41);
        reject(1, "hidden size", block + DispatchDecoder.hiddenSizeEncodingOffset() + 2, 0xFFFF);
        reject(1, "group block length", group, 13);
        reject(1, "group count", group + 2, 65535);
        reject(1, "data row", group + 4 + 2, 11);
        reject(5, "error code", block + 53, 8);
        reject(11, "type of a matrix", block + ExpertPieceDecoder.gateTypeEncodingOffset(), 0xFF);
        reject(11, "length of the bytes", block + ExpertPieceDecoder.BLOCK_LENGTH + 2, 0xFFFF);
        final int states = block + HostStatusDecoder.BLOCK_LENGTH + HostStatusDecoder.ExpertsDecoder.HEADER_SIZE;
        reject(9, "state", states + HostStatusDecoder.ExpertsDecoder.stateEncodingOffset(), 4);
    }

    @Test
    void shouldNeverReadOutsideOrLetADecoderDoSoWhenMutated() {
        int accepted = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            final UnsafeBuffer frame = mutated(samples.ofTemplate(1 + i % TEMPLATES));
            try {
                if (check(frame) == FrameCheck.OK) {
                    accepted++;
                    assertEquals(frame.capacity(), decode(frame));
                }
            } catch (final RuntimeException | AssertionError e) {
                throw new AssertionError("mutation " + i + " with -Dconvoke.test.seed=" + seed, e);
            }
        }
        assertTrue(accepted > MUTATIONS / 100 && accepted < MUTATIONS, accepted + " accepted, seed " + seed);
    }

    private void reject(final int template, final String what, final int offset, final int value) {
        final UnsafeBuffer frame = samples.ofTemplate(template);
        putShort(frame, offset, value);
        assertEquals(FrameCheck.MALFORMED, check(frame), what + ", seed " + seed);
    }

    private UnsafeBuffer mutated(final UnsafeBuffer frame) {
        final int changes = 1 + random.nextInt(3);
        UnsafeBuffer result = frame;
        for (int i = 0; i < changes && result.capacity() > 0; i++) {
            final int at = random.nextInt(random.nextBoolean() ? result.capacity() : Math.min(100, result.capacity()));
            switch (random.nextInt(5)) {
                case 0 -> result.putByte(at, (byte)random.nextInt());
                case 1 -> result.putByte(at, (byte)(result.getByte(at) ^ 1 << random.nextInt(8)));
                case 2 -> result.putByte(at, random.nextBoolean() ? (byte)-1 : 0);
                case 3 -> result.putByte(at, (byte)(result.getByte(at) + (random.nextBoolean() ? 1 : -1)));
                default -> result = resized(result, random.nextInt(result.capacity() + 20));
            }
        }
        return result;
    }

    private static UnsafeBuffer resized(final UnsafeBuffer frame, final int length) {
        final UnsafeBuffer result = new UnsafeBuffer(new byte[length]);
        result.putBytes(0, frame, 0, Math.min(length, frame.capacity()));
        return result;
    }

    private static FrameCheck check(final UnsafeBuffer frame) {
        return FrameCheck.check(frame, 0, frame.capacity());
    }

    private static void putShort(final UnsafeBuffer frame, final int offset, final int value) {
        frame.putShort(offset, (short)value, ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads everything there is; returns the bytes that were gone through. */
    private int decode(final UnsafeBuffer frame) {
        header.wrap(frame, 0);
        return MessageHeaderDecoder.ENCODED_LENGTH + switch (header.templateId()) {
            case 1 -> decodeDispatch(frame);
            case 2 -> decodeCombine(frame);
            case 3 -> decodeHello(frame);
            case 4 -> decodeWelcome(frame);
            case 5 -> decodeRefusal(frame);
            case 6, 7, 8, 10, 11 -> decodeOrder(frame);
            default -> decodeHostStatus(frame);
        };
    }

    private int decodeDispatch(final UnsafeBuffer frame) {
        final DispatchDecoder decoder = new DispatchDecoder().wrapAndApplyHeader(frame, 0, header);
        final FrameIdentity identity = new FrameIdentity().readFrom(decoder.identity());
        final int rowCount = decoder.rowCount();
        final long rowBytes = decoder.hiddenSize() * identity.dtype().bytes();
        for (final DispatchDecoder.AssignmentsDecoder assignment : decoder.assignments()) {
            sink += assignment.row() + assignment.expert() + assignment.slot();
            assertTrue(assignment.dataRow() < rowCount);
        }
        final UnsafeBuffer data = new UnsafeBuffer();
        final int firstRow = FrameRows.first(frame, decoder.limit());
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        assertEquals(firstRow, decoder.limit() + DispatchDecoder.rowsHeaderLength());
        assertEquals(rowCount * rowBytes, decoder.rowsLength());
        decoder.wrapRows(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private int decodeCombine(final UnsafeBuffer frame) {
        final CombineDecoder decoder = new CombineDecoder().wrapAndApplyHeader(frame, 0, header);
        final FrameIdentity identity = new FrameIdentity().readFrom(decoder.identity());
        final CombineDecoder.ResultsDecoder results = decoder.results();
        final long rowBytes = decoder.hiddenSize() * identity.dtype().bytes();
        for (final CombineDecoder.ResultsDecoder result : results) {
            sink += result.row() + result.expert() + result.slot();
        }
        final UnsafeBuffer data = new UnsafeBuffer();
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        assertEquals(results.count() * rowBytes, decoder.rowsLength());
        decoder.wrapRows(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private int decodeHello(final UnsafeBuffer frame) {
        final HelloDecoder decoder = new HelloDecoder().wrapAndApplyHeader(frame, 0, header);
        sink += new FrameIdentity().readFrom(decoder.identity()).exchangeId() + decoder.hiddenSize();
        final UnsafeBuffer data = new UnsafeBuffer();
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private int decodeWelcome(final UnsafeBuffer frame) {
        final WelcomeDecoder decoder = new WelcomeDecoder().wrapAndApplyHeader(frame, 0, header);
        sink += new FrameIdentity().readFrom(decoder.identity()).exchangeId() + decoder.hostId();
        for (final WelcomeDecoder.ExpertsDecoder expert : decoder.experts()) {
            sink += expert.layer() + expert.expert();
        }
        final UnsafeBuffer data = new UnsafeBuffer();
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private int decodeRefusal(final UnsafeBuffer frame) {
        final RefusalDecoder decoder = new RefusalDecoder().wrapAndApplyHeader(frame, 0, header);
        sink += new FrameIdentity().readFrom(decoder.identity()).exchangeId() + decoder.hostId();
        sink += decoder.code().ordinal() + decoder.spokenVersion() + decoder.text().length();
        final UnsafeBuffer data = new UnsafeBuffer();
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private int decodeOrder(final UnsafeBuffer frame) {
        final UnsafeBuffer data = new UnsafeBuffer();
        if (header.templateId() == LoadExpertDecoder.TEMPLATE_ID) {
            final LoadExpertDecoder decoder = new LoadExpertDecoder().wrapAndApplyHeader(frame, 0, header);
            sink += decoder.expert() + decoder.checksum();
            decoder.wrapAuthenticationTag(data);
            readAll(data);
            return decoder.encodedLength();
        }
        if (header.templateId() == FreeExpertDecoder.TEMPLATE_ID) {
            final FreeExpertDecoder decoder = new FreeExpertDecoder().wrapAndApplyHeader(frame, 0, header);
            sink += decoder.expert();
            decoder.wrapAuthenticationTag(data);
            readAll(data);
            return decoder.encodedLength();
        }
        if (header.templateId() == FetchExpertDecoder.TEMPLATE_ID) {
            final FetchExpertDecoder decoder = new FetchExpertDecoder().wrapAndApplyHeader(frame, 0, header);
            sink += decoder.expert() + decoder.from();
            decoder.wrapAuthenticationTag(data);
            readAll(data);
            return decoder.encodedLength();
        }
        if (header.templateId() == ExpertPieceDecoder.TEMPLATE_ID) {
            final ExpertPieceDecoder decoder = new ExpertPieceDecoder().wrapAndApplyHeader(frame, 0, header);
            sink += ExpertPiece.of(decoder).bytes().length;
            decoder.wrapAuthenticationTag(data);
            readAll(data);
            return decoder.encodedLength();
        }
        final StatusRequestDecoder decoder = new StatusRequestDecoder().wrapAndApplyHeader(frame, 0, header);
        sink += new FrameIdentity().readFrom(decoder.identity()).exchangeId();
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private int decodeHostStatus(final UnsafeBuffer frame) {
        final HostStatusDecoder decoder = new HostStatusDecoder().wrapAndApplyHeader(frame, 0, header);
        sink += HostHoldings.of(decoder).experts().size();
        final UnsafeBuffer data = new UnsafeBuffer();
        decoder.wrapAuthenticationTag(data);
        readAll(data);
        return decoder.encodedLength();
    }

    private void readAll(final UnsafeBuffer data) {
        for (int i = 0; i < data.capacity(); i++) {
            sink += data.getByte(i);
        }
    }
}
