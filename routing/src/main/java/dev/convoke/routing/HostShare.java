package dev.convoke.routing;

/** What one host owes an exchange: a range of its entries by host, and how far asking for them has come. */
final class HostShare {
    /** Doubling the wait stops here. */
    private static final int MOST_DOUBLINGS = 10;
    private static final int LAST_ATTEMPT = 65_534;

    private final int host;
    private int first;
    private int end;
    private int cursor;
    private int missing;
    private int attempt;
    private int part;
    private int parts;
    private int generation;
    private long quietSinceNs;
    private long firstSentNs;
    private long answeredNs;
    private long queueNs;
    private long computeNs;

    HostShare(final int host) {
        this.host = host;
    }

    /** A new exchange: nothing asked yet. */
    void start(final int firstIndex, final int endIndex, final int hostGeneration) {
        first = firstIndex;
        end = endIndex;
        missing = endIndex - firstIndex;
        attempt = 0;
        generation = hostGeneration;
        queueNs = 0;
        computeNs = 0;
        begin(0);
    }

    /** Asks again, from the beginning, for whatever is still missing. */
    void startAgain(final int frames) {
        attempt = Math.min(attempt + 1, LAST_ATTEMPT);
        begin(frames);
    }

    /** From the beginning, in so many frames; hosts treat each for itself, so their number is informative. */
    void begin(final int frames) {
        cursor = first;
        part = 0;
        parts = frames;
    }

    /** A frame with the entries up to an index was taken by the port. */
    void onSent(final int nextIndex, final long nowNs) {
        if (!isPartlySent()) {
            firstSentNs = nowNs;
        }
        cursor = nextIndex;
        part++;
        quietSinceNs = nowNs;
    }

    /** Nothing more to send in this attempt. */
    void onNothingLeft(final long nowNs) {
        cursor = end;
        quietSinceNs = nowNs;
    }

    void onHeard(final long nowNs) {
        quietSinceNs = nowNs;
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

    boolean isResendDue(final long nowNs, final long resendAfterNs) {
        return missing > 0 && isSent() && nowNs - quietSinceNs >= resendAfterNs << Math.min(attempt, MOST_DOUBLINGS);
    }

    boolean isSent() {
        return cursor == end;
    }

    boolean isPartlySent() {
        return attempt > 0 || cursor > first;
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
