package dev.convoke.routing;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * What is known of a host's ways: what it was asked and has not answered, how long it takes, and whether it can be
 * relied upon. Goes by answers to whatever exchange, also one that ended without them. On the step path.
 */
final class HostStanding {
    private static final int MOST_ASKS = 32;
    private static final int MOST_SILENCES = 4;
    private static final long NEGLECT_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Between copies for a host that is late. */
    private static final long SUSPICION_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final long leastSilenceNs;
    private final long mostSilenceNs;
    private final HostPace pace;
    private final FrameLoss loss = new FrameLoss();
    private final Breaker breaker = new Breaker();
    private final Ask[] asks = new Ask[MOST_ASKS];
    private int pending;
    private long heardNs;
    private long askedNs;
    private boolean suspected;

    HostStanding(final RoutingContext context) {
        leastSilenceNs = context.leastResendAfterNs();
        mostSilenceNs = context.resendAfterNs();
        pace = new HostPace(context.ridgeRows());
        Arrays.setAll(asks, _ -> new Ask());
    }

    HostPace pace() {
        return pace;
    }

    FrameLoss loss() {
        return loss;
    }

    Breaker breaker() {
        return breaker;
    }

    /** Another process answers in its place. */
    void reset() {
        forgetAsks();
        breaker.reset();
    }

    /** The connection is lost: what it was asked will not be answered. */
    void forgetAsks() {
        pending = 0;
        loss.forgetAsks();
        suspected = false;
    }

    /**
     * Others were asked for what it should have answered by now. If nothing has been heard of it since it was asked, it
     * may be about to fail, and gets no more than copies of what others do until something is.
     */
    void onHedged(final long sinceNs) {
        suspected |= heardNs - sinceNs <= 0;
    }

    /** Whether it is late, and silent. */
    boolean isSuspected() {
        return suspected;
    }

    /**
     * A frame was sent, with what was predicted for the whole of it if it is the first.
     *
     * @param copies in which it is to be answered
     */
    void onSent(final long exchangeId, final int entries, final int copies, final HostShare share,
        final long quietNs) {
        if (share.attempt() == 0) {
            loss.onSent(exchangeId, copies * entries);
        }
        Ask ask = find(exchangeId);
        if (ask == null) {
            ask = next();
            ask.open(exchangeId, pace.delayNs(), share.expectedNs(), share.expectedMemoryNs());
        }
        ask.onSent(entries, quietNs);
        askedNs = quietNs;
    }

    /** What it has not answered of an exchange it is asked for once more, or for more. */
    void onAskingAgain(final long exchangeId) {
        final Ask ask = find(exchangeId);
        if (ask != null) {
            ask.onAgain();
        }
    }

    private Ask next() {
        if (pending < MOST_ASKS) {
            return asks[pending++];
        }
        Ask oldest = asks[0];
        for (final Ask ask : asks) {
            oldest = ask.sentNs - oldest.sentNs < 0 ? ask : oldest;
        }
        return oldest;
    }

    private Ask find(final long exchangeId) {
        for (int i = 0; i < pending; i++) {
            if (asks[i].exchangeId == exchangeId) {
                return asks[i];
            }
        }
        return null;
    }

    /** The host has said something; returns whether that makes it more reliable. */
    boolean onHeard(final long quietNs) {
        heardNs = quietNs;
        suspected = false;
        final Breaker.State before = breaker.state();
        breaker.onHeard();
        return before != breaker.state();
    }

    /** The host answered something of an exchange; returns whether that makes it more reliable. */
    boolean onAnswer(final long exchangeId, final int results, final long queueNs, final long computeNs,
        final long quietNs) {
        final Ask ask = find(exchangeId);
        if (ask == null || !ask.onAnswer(results, queueNs, computeNs, quietNs)) {
            return false;
        }
        final Breaker.State before = breaker.state();
        if (!ask.overdue) {
            breaker.onTimely();
        }
        if (!ask.tellsNothing) {
            pace.learn(ask, Math.min(quietNs - ask.sentNs, MOST_SILENCES * silenceNs(ask.computeNs)),
                quietNs - ask.lastSentNs);
        }
        remove(ask);
        return before != breaker.state();
    }

    private void remove(final Ask ask) {
        for (int i = 0; i < pending; i++) {
            if (asks[i] == ask) {
                asks[i] = asks[--pending];
                asks[pending] = ask;
                return;
            }
        }
    }

    /** Looks for what is not answered in time; returns whether that makes the host less reliable. */
    boolean check(final long quietNs, final long nowNs) {
        final Breaker.State before = breaker.state();
        for (int i = 0; i < pending; i++) {
            final Ask ask = asks[i];
            if (!ask.overdue && quietNs - ask.quietSinceNs >= silenceNs(ask.computeNs)) {
                ask.overdue = true;
                breaker.onLate(heardNs - ask.quietSinceNs <= 0, nowNs);
            }
        }
        if (before == Breaker.State.CLOSED && breaker.state() == Breaker.State.OPEN) {
            onFailure();
        }
        return before != breaker.state();
    }

    /** How long a failure lasts says nothing of how long the host takes. */
    private void onFailure() {
        for (int i = 0; i < pending; i++) {
            asks[i].tellsNothing = true;
        }
    }

    /** How long the host may be silent for when it was asked for so much. */
    long silenceNs(final double computeNs) {
        return pace.silenceNs(pace.delayNs() + computeNs, leastSilenceNs, mostSilenceNs);
    }

    /** After which time an answer is later than nearly all. */
    double lateNs(final double computeNs) {
        return pace.lateNs(pace.delayNs() + computeNs);
    }

    /** What it has been asked and has not answered takes, as predicted. */
    double outstandingNs() {
        double sumNs = 0;
        for (int i = 0; i < pending; i++) {
            sumNs += asks[i].overdue ? 0 : asks[i].computeNs;
        }
        return sumNs;
    }

    /** Entries that it was asked for and has not answered. */
    int outstandingEntries() {
        int entries = 0;
        for (int i = 0; i < pending; i++) {
            entries += Math.max(0, asks[i].entries - asks[i].answered);
        }
        return entries;
    }

    /** Whether the host is to be given a copy of work, to see how it does: on probation, late, or long idle. */
    boolean isTrialDue(final long quietNs) {
        return switch (breaker.state()) {
            case OPEN -> false;
            case HALF_OPEN -> pending == 0 || asks[pending - 1].overdue;
            case CLOSED -> suspected ? quietNs - askedNs >= SUSPICION_NS
                : pending == 0 && quietNs - askedNs >= NEGLECT_NS;
        };
    }
}
