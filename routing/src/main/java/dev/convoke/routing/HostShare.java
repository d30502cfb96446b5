package dev.convoke.routing;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * What one host owes an exchange: a range of its entries by host, and how far asking for them has come. It remembers
 * every entry the host was ever asked for, also those that were given to another host since: whoever answers first has
 * answered.
 */
final class HostShare {
    /**
     * Doubling the wait stops here: whoever has not answered after sixteen times what it takes was not reached, and
     * frames that are lost must be sent again often enough before the exchange's deadline.
     */
    private static final int MOST_DOUBLINGS = 4;
    /** Doubling the time for which a host that refused is let alone stops here. */
    private static final int MOST_REFUSALS = 10;
    /** The same host is asked again after four times the wait that another would be asked after. */
    private static final int DOUBLINGS_ALONE = 2;
    private static final long REFUSAL_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int LAST_ATTEMPT = 65_534;
    private static final int NO_EXPERT = -1;

    private final int host;
    private final long[] asked;
    private boolean wasAsked;
    private int first;
    private int end;
    private int cursor;
    private int missing;
    private int attempt;
    private int doublings;
    private int part;
    private int parts;
    private int generation;
    private boolean refused;
    private int refusals;
    private int refusedIncarnation;
    private long refusedNs;
    private boolean given;
    private boolean hedged;
    private int rehearsed = NO_EXPERT;
    private double expectedNs;
    private double expectedMemoryNs;
    private long lastSentNs;
    private long quietSinceNs;
    private long firstSentNs;
    private long answeredNs;
    private long queueNs;
    private long computeNs;

    HostShare(final int host, final int capacityEntries) {
        this.host = host;
        this.asked = new long[(capacityEntries + Long.SIZE - 1) / Long.SIZE];
    }

    /** A new exchange: nothing asked yet. */
    void start(final int hostGeneration, final long nowNs) {
        if (wasAsked) {
            Arrays.fill(asked, 0);
            wasAsked = false;
        }
        attempt = 0;
        part = 0;
        doublings = 0;
        generation = hostGeneration;
        refused = false;
        refusals = 0;
        given = false;
        hedged = false;
        rehearsed = NO_EXPERT;
        expectedNs = 0;
        expectedMemoryNs = 0;
        lastSentNs = nowNs;
        quietSinceNs = nowNs;
        answeredNs = 0;
        queueNs = 0;
        computeNs = 0;
        divide(0, 0);
    }

    /** The entries it owes from now on; some of them may have been sent. */
    void divide(final int firstIndex, final int endIndex) {
        first = firstIndex;
        end = endIndex;
        cursor = firstIndex;
        missing = endIndex - firstIndex;
    }

    /** What the share owes was added to, or is asked for once more. */
    void startAttempt(final long nowNs) {
        attempt = Math.min(attempt + 1, LAST_ATTEMPT);
        part = 0;
        doublings = Math.min(doublings + 1, MOST_DOUBLINGS);
        quietSinceNs = nowNs;
    }

    /**
     * From the beginning, in so many frames; hosts treat each for itself, so their number is informative. Parts of an
     * attempt are never numbered twice: a host takes a frame whose number it has seen for a copy.
     */
    void begin(final int frames) {
        cursor = first;
        parts = part + frames;
    }

    /** The host was sent the entry. */
    void onAsked(final int entry) {
        asked[entry >> 6] |= 1L << entry;
    }

    /** A frame with the entries up to an index was taken by the port. */
    void onSent(final int nextIndex, final long nowNs, final long quietClockNs) {
        if (!wasAsked) {
            wasAsked = true;
            firstSentNs = nowNs;
        }
        cursor = nextIndex;
        part++;
        lastSentNs = quietClockNs;
        quietSinceNs = quietClockNs;
    }

    /** The host was sent a copy of what another is asked for. */
    void onTrial(final long nowNs) {
        if (!wasAsked) {
            wasAsked = true;
            firstSentNs = nowNs;
        }
    }

    /** The host was sent a copy of an expert's rows only to see how it does: its answer is not taken. */
    void onRehearsal(final int expert) {
        rehearsed = expert;
    }

    /** The expert whose answer is not taken, or none that there is. */
    int rehearsed() {
        return rehearsed;
    }

    /** The share grew by what the host is expected to take so long for, so much of it for reading weights. */
    void expect(final double experts, final double memory) {
        expectedNs += experts;
        expectedMemoryNs += memory;
    }

    /** How long the host is expected to compute for the share. */
    double expectedNs() {
        return expectedNs;
    }

    /** As much of it as is the reading of weights. */
    double expectedMemoryNs() {
        return expectedMemoryNs;
    }

    /** Others were asked for the share although the host may yet answer. */
    void onHedged() {
        hedged = true;
    }

    /** Whether an answer that nearly always comes within the limit has not come. */
    boolean isLate(final long quietClockNs, final double limitNs) {
        return !hedged && isSent() && attempt == 0 && quietClockNs - lastSentNs >= limitNs;
    }

    /** When the host was sent something last. */
    long lastSentNs() {
        return lastSentNs;
    }

    /** Nothing more to send in this attempt. */
    void onNothingLeft() {
        cursor = end;
    }

    void onHeard(final long quietClockNs) {
        quietSinceNs = quietClockNs;
    }

    /**
     * The host will not do what it was asked: it is not asked again for a while, unless another process takes its
     * place.
     *
     * @param incarnation of the process that refused
     */
    void onRefused(final int incarnation, final long quietClockNs) {
        refused = true;
        refusals = Math.min(refusals + 1, MOST_REFUSALS);
        refusedIncarnation = incarnation;
        refusedNs = quietClockNs;
    }

    /** Returns whether a host that refused may be asked again: it may have made way for another, or know better. */
    boolean forgive(final int incarnation, final long quietClockNs) {
        if (!refused || incarnation == refusedIncarnation && quietClockNs - refusedNs < REFUSAL_NS << refusals) {
            return false;
        }
        refused = false;
        return true;
    }

    /** An entry of another host has come to this one. */
    void onGiven() {
        given = true;
    }

    /** Whether entries came since this was asked last. */
    boolean takeGiven() {
        final boolean was = given;
        given = false;
        return was;
    }

    /**
     * An answer with rows that were missing came.
     *
     * @param hostQueueNs   as the host says, from the arrival of the dispatch to the start of its expert
     * @param hostComputeNs as the host says, duration of the expert
     */
    void onAnswer(final long nowNs, final long hostQueueNs, final long hostComputeNs) {
        answeredNs = nowNs;
        queueNs = hostQueueNs;
        computeNs = hostComputeNs;
    }

    void onEntryReceived() {
        missing--;
    }

    void generation(final int hostGeneration) {
        generation = hostGeneration;
    }

    /**
     * Whether the host let something wait for too long, be it an answer or room for a frame.
     *
     * @param limitNs of the first attempt; doubles with each
     */
    boolean isOverdue(final long quietClockNs, final long limitNs) {
        return missing > 0 && quietClockNs - quietSinceNs >= limitNs << doublings;
    }

    /** Nobody else could be asked; returns whether to wait longer before the same host is, which may just be slow. */
    boolean waitLonger() {
        if (doublings >= DOUBLINGS_ALONE) {
            return false;
        }
        doublings = DOUBLINGS_ALONE;
        return true;
    }

    boolean isSent() {
        return cursor == end;
    }

    /** Whether the host was sent anything of the exchange. */
    boolean wasAsked() {
        return wasAsked;
    }

    boolean wasAsked(final int entry) {
        return (asked[entry >> 6] & 1L << entry) != 0;
    }

    /** Whether the host is not to be asked again for now. */
    boolean isRefused() {
        return refused;
    }

    /** Whether rows came from the host that were missing. */
    boolean hasAnswered() {
        return answeredNs != 0;
    }

    int host() {
        return host;
    }

    /** From the first dispatch frame to the last answer. */
    long roundTripNs() {
        return answeredNs - firstSentNs;
    }

    boolean isAnsweredAfter(final HostShare other) {
        return answeredNs - other.answeredNs > 0;
    }

    /** What the last answer says of waiting at the host. */
    long queueNs() {
        return queueNs;
    }

    /** What the last answer says of computing. */
    long computeNs() {
        return computeNs;
    }

    int first() {
        return first;
    }

    int end() {
        return end;
    }

    int cursor() {
        return cursor;
    }

    int missing() {
        return missing;
    }

    int attempt() {
        return attempt;
    }

    int part() {
        return part;
    }

    /** At least one more than {@link #part()}, whatever arrived since they were counted. */
    int parts() {
        return Math.max(parts, part + 1);
    }

    int generation() {
        return generation;
    }
}
