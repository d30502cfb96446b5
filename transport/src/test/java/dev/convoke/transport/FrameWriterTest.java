package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertState;
import dev.convoke.transport.codec.HelloDecoder;
import dev.convoke.transport.codec.HostStatusDecoder;
import dev.convoke.transport.codec.IdentityDecoder;
import dev.convoke.transport.codec.IdentityEncoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameWriterTest {
    private static final int OFFSET = 3;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8192]);
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final FrameWriter writer = new FrameWriter();
    private final FrameIdentity identity = new SampleFrames(new SplittableRandom(7)).identity();

    @Test
    void shouldCarryTheIdentityWhenWrittenReadOrCopied() {
        identity.writeTo(new IdentityEncoder().wrap(buffer, OFFSET));
        final FrameIdentity read = new FrameIdentity().readFrom(new IdentityDecoder().wrap(buffer, OFFSET));
        final FrameIdentity copied = new FrameIdentity().copyFrom(read);
        for (final FrameIdentity other : List.of(read, copied)) {
            assertEquals(identity.toString(), other.toString());
            assertEquals(identity.modelFingerprint(), other.modelFingerprint());
            assertEquals(identity.numericsId(), other.numericsId());
            assertEquals(identity.dtype(), other.dtype());
        }
        assertEquals(new FrameIdentity().toString(), copied.clear().toString());
    }

    @Test
    void shouldSayHelloSoThatItPassesTheCheck() {
        final int length = writer.hello(buffer, OFFSET, identity.dtype(DType.BF16), 4096);
        assertEquals(FrameCheck.OK, FrameCheck.check(buffer, OFFSET, length));
        final HelloDecoder decoder = new HelloDecoder().wrapAndApplyHeader(buffer, OFFSET, header);
        assertEquals(4096, decoder.hiddenSize());
        assertEquals(DType.BF16, new FrameIdentity().readFrom(decoder.identity()).dtype());
        assertThrows(IllegalArgumentException.class, () -> identity.dtype(DType.F16));
    }

    @Test
    void shouldListAsManyExpertsAsFitAFrame() {
        final int count = FrameWriter.expertsPerWelcome(4096);
        final List<ExpertId> experts = Collections.nCopies(count, new ExpertId(3, 200));
        final int length = writer.welcome(buffer, OFFSET, identity, 42, 7, experts);
        assertEquals(FrameCheck.OK, FrameCheck.check(buffer, OFFSET, length));
        assertTrue(length <= 4096 && length + 4 > 4096, "length " + length);
        final WelcomeDecoder decoder = new WelcomeDecoder().wrapAndApplyHeader(buffer, OFFSET, header);
        assertEquals(42, decoder.hostId());
        assertEquals(7, decoder.revision());
        final WelcomeDecoder.ExpertsDecoder listed = decoder.experts();
        assertEquals(count, listed.count());
        assertEquals(200, listed.next().expert());
        assertEquals(65534, FrameWriter.expertsPerWelcome(1 << 20));
    }

    @Test
    void shouldSayWhatAHostHoldsInFramesThatFit() {
        final int count = FrameWriter.expertsPerHostStatus(4096);
        final Map<ExpertId, ExpertState> experts = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            experts.put(new ExpertId(i, 200), ExpertState.get((short)(i % 4)));
        }
        final HostHoldings holdings = new HostHoldings(3, 1L << 40, 1L << 39, 1L << 30, experts, "x".repeat(1000));
        final int length = writer.hostStatus(buffer, OFFSET, identity, 42, holdings);
        assertEquals(FrameCheck.OK, FrameCheck.check(buffer, OFFSET, length));
        assertTrue(length <= 4096 && length + 6 > 4096, "length " + length);
        final HostStatusDecoder decoder = new HostStatusDecoder().wrapAndApplyHeader(buffer, OFFSET, header);
        assertEquals(42, decoder.hostId());
        assertEquals(new HostHoldings(3, 1L << 40, 1L << 39, 1L << 30, experts, "x".repeat(256)),
            HostHoldings.of(decoder));
    }

    @Test
    void shouldCutTheTextWhenARefusalIsWordy() {
        final byte[] text = FrameWriter.text("x".repeat(5000));
        final int length = writer.refusal(buffer, OFFSET, identity, 42, -7, ErrorCode.WRONG_MODEL, text);
        assertEquals(FrameCheck.OK, FrameCheck.check(buffer, OFFSET, length));
        final RefusalDecoder decoder = new RefusalDecoder().wrapAndApplyHeader(buffer, OFFSET, header);
        assertEquals(ErrorCode.WRONG_MODEL, decoder.code());
        assertEquals(RefusalDecoder.SCHEMA_VERSION, decoder.spokenVersion());
        assertEquals(-7, decoder.hostNumericsId());
        assertEquals("x".repeat(FrameWriter.MAX_TEXT_BYTES), decoder.text());
    }
}
