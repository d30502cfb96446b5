package dev.convoke.transport.inprocess;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.transport.FramePort;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameRingTest {
    private static final int MAX_FRAME_BYTES = 4096;

    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final FrameRing ring = new FrameRing(MAX_FRAME_BYTES);

    /** A reader on the same thread may count on it: nothing that was accepted stays behind the end of the ring. */
    @Test
    void shouldHandOverAllThatHasArrivedInOnePollWhereverTheRingWraps() {
        final Deque<Integer> sent = new ArrayDeque<>();
        for (int round = 0; round < 2_000; round++) {
            offerSome(sent, round);
            final int limit = random.nextInt(4) == 0 ? 1 + random.nextInt(4) : Integer.MAX_VALUE;
            final List<Integer> expected = new ArrayList<>();
            while (!sent.isEmpty() && expected.size() < limit) {
                expected.add(sent.remove());
            }
            final List<Integer> taken = new ArrayList<>();
            ring.poll(0, (peer, buffer, offset, length) -> taken.add(buffer.getInt(offset)), limit);
            assertEquals(expected, taken, "seed " + seed + " round " + round);
        }
    }

    private void offerSome(final Deque<Integer> sent, final int round) {
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[MAX_FRAME_BYTES]);
        for (int i = random.nextInt(12); i > 0; i--) {
            frame.putInt(0, 100 * round + i);
            if (ring.offer(frame, 0, Integer.BYTES + random.nextInt(MAX_FRAME_BYTES - Integer.BYTES))
                == FramePort.BACK_PRESSURED) {
                return;
            }
            sent.add(100 * round + i);
        }
    }
}
