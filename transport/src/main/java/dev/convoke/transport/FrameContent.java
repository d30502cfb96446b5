package dev.convoke.transport;

import org.agrona.MutableDirectBuffer;

/** What a frame is to say, written by whoever says it to wherever a port wants it. */
@FunctionalInterface
public interface FrameContent {
    /**
     * Writes every byte of the frame: as many as were asked for, from the offset on. Called on the thread that offers,
     * at most once for each offer. Must not call the port. The buffer is valid only during the call and holds anything
     * before it.
     */
    void writeTo(MutableDirectBuffer buffer, int offset);
}
