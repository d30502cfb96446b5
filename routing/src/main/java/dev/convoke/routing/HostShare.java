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
