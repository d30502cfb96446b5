package dev.convoke.experthost;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * What a host remembers of its peers: whether one stopped taking answers, and how many replies it may still ask for.
 * The table has a fixed size, since peer numbers rise for ever; of two peers in one place the older is forgotten.
 */
final class PeerStates {
    private static final int PLACES = 256;
    private static final int BURST = 16;

    private final long replyIntervalNs;
    private final int[] owner = new int[PLACES];
    private final boolean[] stalled = new boolean[PLACES];
    private final int[] allowance = new int[PLACES];
    private final long[] refilledNs = new long[PLACES];

    PeerStates(final int repliesPerSecond) {
        replyIntervalNs = TimeUnit.SECONDS.toNanos(1) / repliesPerSecond;
        Arrays.fill(owner, -1);
    }

    /** Whether the peer let answers run into their timeout and is not known to have come back. */
    boolean isStalled(final int peer) {
        return owner[peer % PLACES] == peer && stalled[peer % PLACES];
    }

    void stalled(final int peer, final boolean isStalled) {
        if (isStalled || owner[peer % PLACES] == peer) {
            stalled[place(peer)] = isStalled;
        }
    }

    /** Takes one from the peer's allowance of replies, which refills with time; false when it is used up. */
    boolean tryReply(final int peer, final long nowNs) {
        final int place = place(peer);
        final long earned = allowance[place] < BURST ? (nowNs - refilledNs[place]) / replyIntervalNs : 0;
        if (earned > 0) {
            allowance[place] = (int)Math.min(BURST, allowance[place] + earned);
            refilledNs[place] = nowNs;
        }
        if (allowance[place] == 0) {
            return false;
        }
        if (allowance[place] == BURST) {
            refilledNs[place] = nowNs;
        }
        allowance[place]--;
        return true;
    }

    private int place(final int peer) {
        final int place = peer % PLACES;
        if (owner[place] != peer) {
            owner[place] = peer;
            stalled[place] = false;
            allowance[place] = BURST;
        }
        return place;
    }
}
