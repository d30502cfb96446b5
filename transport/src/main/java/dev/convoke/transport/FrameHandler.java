package dev.convoke.transport;

import org.agrona.DirectBuffer;

/** Takes one frame; the buffer is valid only during the call. */
@FunctionalInterface
public interface FrameHandler {
    /** Called on the thread that polls. The content is not trusted yet. */
    void onFrame(int peer, DirectBuffer buffer, int offset, int length);
}
