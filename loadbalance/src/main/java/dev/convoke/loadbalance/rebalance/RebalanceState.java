package dev.convoke.loadbalance.rebalance;

/**
 * What {@link RebalanceController} knows from one time to the next; immutable. Times are of a monotonic clock.
 *
 * @param above        whether the imbalance was above the threshold the last time
 * @param aboveSinceNs since when, if it was
 * @param rests        whether there was a plan yet
 * @param restsUntilNs when the pause after the last plan ends
 * @param pauseNs      how long the pause after the last proposal is or was; 0 if there was none yet
 * @param proposedNs   when that was
 */
public record RebalanceState(boolean above, long aboveSinceNs, boolean rests, long restsUntilNs, long pauseNs,
    long proposedNs) {
    /** Nothing was seen yet. */
    public static final RebalanceState INITIAL = new RebalanceState(false, 0, false, 0, 0, 0);

    boolean isResting(final long nowNs) {
        return rests && nowNs - restsUntilNs < 0;
    }

    RebalanceState notAbove() {
        return above ? new RebalanceState(false, 0, rests, restsUntilNs, pauseNs, proposedNs) : this;
    }

    RebalanceState aboveAt(final long nowNs) {
        return above ? this : new RebalanceState(true, nowNs, rests, restsUntilNs, pauseNs, proposedNs);
    }

    /** After a plan that was not worth it. */
    RebalanceState resting(final long nowNs, final long durationNs) {
        return new RebalanceState(true, aboveSinceNs, true, nowNs + durationNs, pauseNs, proposedNs);
    }

    /** After a proposal; the next has to be called for anew. */
    RebalanceState proposed(final long nowNs, final long durationNs) {
        return new RebalanceState(false, 0, true, nowNs + durationNs, durationNs, nowNs);
    }
}
