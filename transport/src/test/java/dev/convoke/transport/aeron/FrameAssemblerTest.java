package dev.convoke.transport.aeron;

import static io.aeron.logbuffer.FrameDescriptor.BEGIN_FRAG_FLAG;
import static io.aeron.logbuffer.FrameDescriptor.END_FRAG_FLAG;
import static io.aeron.logbuffer.FrameDescriptor.UNFRAGMENTED;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.Counter;
import dev.convoke.core.Counters;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameAssemblerTest {
    private final Counter dropped = new Counters().register("dropped", "Dropped.");
    private final List<String> frames = new ArrayList<>();
    private final FrameAssembler assembler = new FrameAssembler(10, dropped).deliverTo(3,
        (peer, buffer, offset, length) -> frames.add(peer + buffer.getStringWithoutLengthAscii(offset, length)));

    @Test
    void shouldPassWholeFramesAndJoinFragments() {
        fragment("abc", UNFRAGMENTED);
        fragment("0123", BEGIN_FRAG_FLAG);
        fragment("4567", (byte)0);
        fragment("89", END_FRAG_FLAG);
        fragment("", UNFRAGMENTED);
        assertEquals(List.of("3abc", "30123456789", "3"), frames);
        assertEquals(0, dropped.value());
    }

    @Test
    void shouldDropAndCountWhenLongerThanAllowed() {
        fragment("0123456789a", UNFRAGMENTED);
        fragment("01234", BEGIN_FRAG_FLAG);
        fragment("56789", (byte)0);
        fragment("a", (byte)0);
        fragment("b", END_FRAG_FLAG);
        fragment("0123456789a", BEGIN_FRAG_FLAG);
        fragment("b", END_FRAG_FLAG);
        fragment("next", UNFRAGMENTED);
        assertEquals(List.of("3next"), frames);
        assertEquals(3, dropped.value());
    }

    @Test
    void shouldForgetWhatHasNoBeginningOrNoEnd() {
        fragment("end", END_FRAG_FLAG);
        fragment("begin", BEGIN_FRAG_FLAG);
        fragment("whole", UNFRAGMENTED);
        fragment("end", END_FRAG_FLAG);
        fragment("begin", BEGIN_FRAG_FLAG);
        assembler.reset();
        fragment("end", END_FRAG_FLAG);
        fragment("a", BEGIN_FRAG_FLAG);
        fragment("b", BEGIN_FRAG_FLAG);
        fragment("c", END_FRAG_FLAG);
        assertEquals(List.of("3whole", "3bc"), frames);
    }

    private void fragment(final String text, final byte flags) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[5 + text.length()]);
        buffer.putStringWithoutLengthAscii(5, text);
        assembler.onFragment(buffer, 5, text.length(), flags);
    }
}
