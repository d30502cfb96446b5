package dev.convoke.routing;

import java.util.concurrent.TimeUnit;

/** Why an exchange failed, noted on the step path and worded when somebody asks. */
final class ExchangeFailure {
    private ExchangeOutcome outcome;
    private HostLink link;
    private HostLink.State state;
    private int layer;
    private int missing;
    private boolean hadNobody;
    private int attempt;
    private long afterNs;

    void clear() {
        outcome = null;
    }

    void set(final ExchangeOutcome how, final HostLink failed, final int exchangeLayer, final HostShare share,
        final long durationNs) {
        outcome = how;
        link = failed;
        state = failed.state();
        layer = exchangeLayer;
        missing = share.missing();
        hadNobody = share.host() != failed.host();
        attempt = share.attempt();
        afterNs = durationNs;
    }

    String sentence() {
        if (outcome == null) {
            return "";
        }
        final String what = missing + " expert results of layer " + layer + " are missing: ";
        if (outcome == ExchangeOutcome.REFUSED) {
            return what + link.refusalSentence();
        }
        final String how = switch (state) {
            case ABSENT -> " is not connected; start it again or place its experts on another host.";
            case GREETING -> " is connected but did not answer an introduction; look at its log.";
            case DRAINING, REFUSED -> " takes nothing more. " + link.refusalSentence();
            default -> hadNobody ? " does not compute its experts; give it those that the placement puts on it."
                : " did not answer" + (attempt > 0 ? " though asked " + (attempt + 1) + " times" : "")
                + "; look at its log and its load, or raise the exchange deadline."
                + (link.hasRefusal() ? " " + link.refusalSentence() : "");
        };
        return link.isVacant() ? what + link.troubleReason()
            : what + "after " + TimeUnit.NANOSECONDS.toMillis(afterNs) + " ms expert host " + link.address() + how;
    }
}
