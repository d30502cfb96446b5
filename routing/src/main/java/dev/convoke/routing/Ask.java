package dev.convoke.routing;

/** What one host was asked for in one exchange, and what had been predicted for it; reused. */
final class Ask {
    long exchangeId;
    /** Experts and rows, as far as they were predicted. */
    double computeNs;
    /** Of which as much is the reading of weights. */
    double memoryShare;
    /** From sending to the last answer, as predicted. */
    double predictedNs;
    int entries;
    int answered;
    /** When the last frame of the first attempt was, on the clock that waits are measured by. */
    long sentNs;
    /** When the last frame of whatever attempt was. */
    long lastSentNs;
    /** When it was sent or something of it was answered last. */
    long quietSinceNs;
    long firstQueueNs;
    long lastQueueNs;
    long lastComputeNs;
    /** Whether some of it was asked for twice. */
    boolean again;
    boolean overdue;
    /** Whether the host failed meanwhile. */
    boolean tellsNothing;

    void open(final long id, final double delayNs, final double experts, final double memory) {
        exchangeId = id;
        computeNs = experts;
        memoryShare = experts > 0 ? memory / experts : 0;
        predictedNs = delayNs + experts;
        entries = 0;
        answered = 0;
        again = false;
        overdue = false;
        tellsNothing = false;
    }

    void onSent(final int entryCount, final long quietNs) {
        entries += entryCount;
        sentNs = again ? sentNs : quietNs;
        lastSentNs = quietNs;
        quietSinceNs = quietNs;
    }

    /** What comes next was sent before, or belongs to what was. */
    void onAgain() {
        again = true;
        overdue = false;
        entries = answered;
    }

    /** Returns whether that was all. */
    boolean onAnswer(final int results, final long queueNs, final long hostComputeNs, final long quietNs) {
        if (answered == 0) {
            firstQueueNs = queueNs;
        }
        answered += results;
        lastQueueNs = queueNs;
        lastComputeNs = hostComputeNs;
        quietSinceNs = quietNs;
        return answered >= entries;
    }
}
