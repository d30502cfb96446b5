package dev.convoke.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.DirectBuffer;

/** Keeps copies of the frames that a port hands over. */
final class Received implements FrameHandler {
    /** A copied frame. */
    record Frame(int peer, byte[] bytes) {
    }

    private final Queue<Frame> frames = new ConcurrentLinkedQueue<>();

    @Override
    public void onFrame(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        frames.add(new Frame(peer, bytes));
    }

    int size() {
        return frames.size();
    }

    void clear() {
        frames.clear();
    }

    List<Frame> all() {
        return new ArrayList<>(frames);
    }

    List<byte[]> from(final int peer) {
        return frames.stream().filter(frame -> frame.peer() == peer).map(Frame::bytes).toList();
    }
}
