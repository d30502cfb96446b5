package dev.convoke.routing;

/**
 * How long a host takes, learnt from its answers: a delay before it begins (network and queue), a cost of each expert
 * however few its rows, and a cost of each row where there are many. Round trips are compared with what this predicts,
 * so that asks of all sizes teach the same few numbers. What a host says of itself counts only as far as the round trip
 * measured here leaves room for it. Moving averages weigh the newest answer with an eighth.
 */
final class HostPace {
    /** Of an expert's rows that cost as much as reading its weights, before anything was measured. */
    private static final double FIRST_RIDGE_ROWS = 16;
    private static final double MOST_RIDGE_ROWS = 1024;
    private static final double NEWEST = 1.0 / 8;
    private static final double MOST_CHANGE = 8;
    private static final double MOST_RATIO = 32;
    private static final double LEAST_DEVIATION = 0.25;
    private static final double DEVIATIONS = 4;
    /** However much a host's times vary, one that is silent for so many times what it takes has most likely failed. */
    private static final double MOST_TIMES = 16;
    private static final double LEAST_NS = 100;

    private final double ridgeRows;
    private final RatioQuantile ratios = new RatioQuantile();
    private double delayNs;
    private double expertNs = LEAST_NS;
    private double rowNs = LEAST_NS / FIRST_RIDGE_ROWS;
    private double ratio = 1;
    private double deviation = 1;
    private long answers;

    /**
     * Nothing is known yet.
     *
     * @param ridgeRows rows at which an expert begins to cost by the row; 0 to learn it
     */
    HostPace(final int ridgeRows) {
        this.ridgeRows = ridgeRows;
    }

    boolean isKnown() {
        return answers > 0;
    }

    double delayNs() {
        return delayNs;
    }

    double expertNs() {
        return expertNs;
    }

    double rowNs() {
        return rowNs;
    }

    /**
     * Learns from an ask that was answered in full. Which attempt the answer to a repeated ask is for is not known
     * (Karn and Partridge 1987), so that it says nothing of how times vary, and of the delay no more than that it is at
     * least what passed since the last attempt.
     *
     * @param ask         what was asked, with what had been predicted for it
     * @param roundTripNs from the last dispatch frame of the first attempt to the last answer
     * @param sinceLastNs from the last dispatch frame of all to the last answer
     */
    void learn(final Ask ask, final long roundTripNs, final long sinceLastNs) {
        final double hostNs = Math.clamp(ask.lastQueueNs + ask.lastComputeNs, 0.0, roundTripNs);
        final double queueNs = Math.clamp(ask.firstQueueNs, 0.0, hostNs);
        final double computeNs = hostNs - queueNs;
        final double observedDelayNs = Math.max(0, Math.min(roundTripNs, sinceLastNs) - computeNs);
        final double tookTimes = ask.computeNs > 0 ? computeNs / ask.computeNs : 1;
        if (answers == 0) {
            delayNs = observedDelayNs;
            change(tookTimes, 1, 1);
        } else {
            delayNs += NEWEST * (observedDelayNs - delayNs);
            change(Math.clamp(tookTimes, 1 / MOST_CHANGE, MOST_CHANGE), NEWEST * ask.memoryShare,
                NEWEST * (1 - ask.memoryShare));
            if (!ask.again) {
                learnVariation(Math.min(MOST_RATIO, roundTripNs / Math.max(LEAST_NS, ask.predictedNs)));
            }
        }
        answers++;
    }

    private void learnVariation(final double observed) {
        deviation += NEWEST * (Math.abs(observed - ratio) - deviation);
        ratio += NEWEST * (observed - ratio);
        ratios.add(observed);
    }

    /** Experts and rows cost so many times what was thought, as far as the answer speaks of each. */
    private void change(final double times, final double weightOfExperts, final double weightOfRows) {
        expertNs = Math.max(LEAST_NS, expertNs * (1 + weightOfExperts * (times - 1)));
        rowNs = ridgeRows > 0 ? expertNs / ridgeRows
            : Math.clamp(rowNs * (1 + weightOfRows * (times - 1)), expertNs / MOST_RIDGE_ROWS, expertNs);
    }

    /** What so many rows of one expert take. */
    double expertNs(final int rows) {
        return Math.max(expertNs, rows * rowNs);
    }

    /** As much of it as is the reading of weights. */
    double memoryNs(final int rows) {
        return expertNs >= rows * rowNs ? expertNs : 0;
    }

    /** How long the host may be silent for. */
    long silenceNs(final double predictedNs, final long leastNs, final long mostNs) {
        final double times = Math.min(MOST_TIMES, ratio + DEVIATIONS * Math.max(deviation, LEAST_DEVIATION));
        return answers == 0 ? mostNs : (long)Math.clamp(predictedNs * times, leastNs, mostNs);
    }

    /** After which time an answer is later than 99 of 100; for ever as long as too little is known. */
    double lateNs(final double predictedNs) {
        return predictedNs * ratios.p99();
    }
}
