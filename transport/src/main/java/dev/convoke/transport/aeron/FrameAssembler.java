package dev.convoke.transport.aeron;

import static io.aeron.logbuffer.FrameDescriptor.BEGIN_FRAG_FLAG;
import static io.aeron.logbuffer.FrameDescriptor.END_FRAG_FLAG;
import static io.aeron.logbuffer.FrameDescriptor.UNFRAGMENTED;

import dev.convoke.core.Counter;
import dev.convoke.transport.FrameHandler;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts the frames of one peer together from fragments. Frames of one fragment are handed over where they lie; the
 * buffer for the others is as long as the longest frame allowed, and what would not fit is dropped and counted.
 */
final class FrameAssembler implements FragmentHandler {
    private final int maxFrameBytes;
    private final Counter framesDropped;
    private UnsafeBuffer assembly;
    private int assembledBytes;
    private boolean assembling;
    private FrameHandler handler;
    private int peer;

    FrameAssembler(final int maxFrameBytes, final Counter framesDropped) {
        this.maxFrameBytes = maxFrameBytes;
        this.framesDropped = framesDropped;
    }

    /** To be called before polling with this. */
    FrameAssembler deliverTo(final int fromPeer, final FrameHandler frameHandler) {
        peer = fromPeer;
        handler = frameHandler;
        return this;
    }

    /** Forgets a frame that was begun; another stream follows. */
    void reset() {
        assembling = false;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        onFragment(buffer, offset, length, header.flags());
    }

    void onFragment(final DirectBuffer buffer, final int offset, final int length, final byte flags) {
        if ((flags & UNFRAGMENTED) == UNFRAGMENTED) {
            assembling = false;
            if (length > maxFrameBytes) {
                framesDropped.increment();
            } else {
                handler.onFrame(peer, buffer, offset, length);
            }
            return;
        }
        if ((flags & BEGIN_FRAG_FLAG) != 0) {
            begin();
        } else if (!assembling) {
            return;
        }
        append(buffer, offset, length);
        if (assembling && (flags & END_FRAG_FLAG) != 0) {
            assembling = false;
            handler.onFrame(peer, assembly, 0, assembledBytes);
        }
    }

    private void begin() {
        if (assembly == null) {
            assembly = new UnsafeBuffer(new byte[maxFrameBytes]);
        }
        assembledBytes = 0;
        assembling = true;
    }

    private void append(final DirectBuffer buffer, final int offset, final int length) {
        if (length > maxFrameBytes - assembledBytes) {
            assembling = false;
            framesDropped.increment();
        } else {
            assembly.putBytes(assembledBytes, buffer, offset, length);
            assembledBytes += length;
        }
    }
}
