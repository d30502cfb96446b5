package dev.convoke.routing;

import dev.convoke.transport.codec.DispatchDecoder;
import java.util.Arrays;

/**
 * How many frames to and from a host get lost, and in how many copies to send them so that hardly any is lost in all.
 * Hosts answer in order, so what has not been answered when three later asks have been is taken for lost on the way
 * there or back (the three of TCP's fast retransmit, which spares frames that merely overtake each other); a host that
 * is slow, or silent, has lost nothing. Where answers are wanted in copies, each that is missing counts. Goes by first
 * attempts alone. On the step path.
 */
final class FrameLoss {
    /** Frames are sent in as many copies as leave fewer than this lost in all of them. */
    private static final double LOST_IN_ALL = 1.0 / 1000;
    private static final int MOST_COPIES = DispatchDecoder.answerCopiesMaxValue();

    private static final int ASKS = 16;
    private static final int OVERTAKEN = 3;
    private static final double NEWEST = 1.0 / 256;
    private static final int MILLION = 1_000_000;

    /** The newest asks, a ring; expected is 0 once an ask has been counted. */
    private final long[] exchangeId = new long[ASKS];
    private final int[] expected = new int[ASKS];
    private final int[] received = new int[ASKS];
    private final int[] overtaken = new int[ASKS];
    private int newest;
    /** Asks that are not counted yet. */
    private int open;
    private double share;

    /** What was asked will not be answered. */
    void forgetAsks() {
        Arrays.fill(expected, 0);
        open = 0;
    }

    /** So much of what an exchange asked will not be answered, for another reason. */
    void forgetAsk(final long id) {
        final int ask = find(id);
        if (ask >= 0) {
            close(ask);
        }
    }

    /** A frame of a first attempt was sent, for which so many results are to come, counted as often as wanted. */
    void onSent(final long id, final int results) {
        int ask = find(id);
        if (ask < 0) {
            newest = newest + 1 & ASKS - 1;
            ask = newest;
            close(ask);
            exchangeId[ask] = id;
            received[ask] = 0;
            overtaken[ask] = 0;
        }
        open += expected[ask] == 0 ? 1 : 0;
        expected[ask] += results;
    }

    /** A frame that answers a first attempt came, be it a copy. */
    void onReceived(final long id, final int results) {
        final int ask = find(id);
        if (ask < 0) {
            return;
        }
        if (received[ask] == 0 && open > 1) {
            overtake(ask);
        }
        received[ask] += results;
        if (expected[ask] > 0 && received[ask] >= expected[ask]) {
            count(ask);
        }
    }

    private int find(final long id) {
        for (int i = 0; i < ASKS; i++) {
            final int ask = newest - i & ASKS - 1;
            if (exchangeId[ask] == id) {
                return ask;
            }
        }
        return -1;
    }

    private void close(final int ask) {
        open -= expected[ask] > 0 ? 1 : 0;
        expected[ask] = 0;
    }

    /** All asks before one that is answered now. */
    private void overtake(final int ask) {
        for (int i = newest + 1 & ASKS - 1; i != newest; i = i + 1 & ASKS - 1) {
            if (exchangeId[i] - exchangeId[ask] < 0 && expected[i] > 0 && ++overtaken[i] >= OVERTAKEN) {
                count(i);
            }
        }
    }

    private void count(final int ask) {
        final double lost = Math.max(0, 1 - (double)received[ask] / expected[ask]);
        share += NEWEST * (lost - share);
        close(ask);
    }

    /** In how many copies to send a frame and to have it answered. */
    int copies() {
        int copies = 1;
        for (double lost = share; lost > LOST_IN_ALL && copies < MOST_COPIES; lost *= share) {
            copies++;
        }
        return copies;
    }

    /** Of a million frames. */
    long perMillion() {
        return Math.round(share * MILLION);
    }
}
