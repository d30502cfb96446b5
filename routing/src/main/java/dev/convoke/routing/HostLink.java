package dev.convoke.routing;

import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.MutableInteger;
import org.slf4j.Logger;

/** What the decoder knows of one host. Changes on the step path; logs and speaks only off it. */
final class HostLink {
    /** Where the conversation with a host stands. */
    enum State {
        /** Not connected. */
        ABSENT,
        /** Connected, not yet answered. */
        GREETING,
        /** Agrees on the model and takes rows. */
        READY,
        /** Answers what it has but takes no more. */
        DRAINING,
        /** Will not work with this decoder. */
        REFUSED
    }

    /** How far a host can be relied upon, rising. */
    enum Trust {
        /** It takes no rows. */
        NONE,
        /** It takes rows. */
        LITTLE,
        /** It has shown signs of life since it failed. */
        SOME,
        /** It answers, but is late with what it was asked last. */
        MUCH,
        /** It answers. */
        FULL
    }

    private static final long REFUSAL_REPORT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long SILENCE_REPORT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long DAMAGE_REPORT_NS = TimeUnit.SECONDS.toNanos(10);

    private final int host;
    private final RoutingContext context;
    private final RoutedModel model;
    private final AcceptedNumerics accepted;
    private final HeldExperts held;
    private final MutableInteger changes;
    private HostStanding standing;
    private String address;
    private final Refusal refusal = new Refusal();
    private State state = State.ABSENT;
    private State loggedState = State.ABSENT;
    private boolean refusalIsNews;
    private long hostId;
    private int numericsId;
    private int rank;
    private int generation;
    private int incarnation;
    private boolean complete;
    private boolean helloAtOnce;
    private long nextHelloNs;
    private long damagedFrames;
    private long damagedFramesLogged;
    private long nextDamageReportNs = Long.MIN_VALUE;
    private boolean loggedSilent;
    private long nextSilenceReportNs = Long.MIN_VALUE;
    private long nextRefusalReportNs = Long.MIN_VALUE;
    private boolean givenUp;

    /**
     * Of a host that is not connected yet.
     *
     * @param changes counts up whenever it becomes more or less use
     */
    HostLink(final int host, final RoutingContext context, final MutableInteger changes) {
        this.changes = changes;
        this.host = host;
        this.context = context;
        this.address = context.hostAddresses().get(host);
        this.model = context.model();
        this.accepted = context.acceptedNumerics();
        compute(model.numerics().value());
        this.standing = new HostStanding(context);
        this.held = new HeldExperts(model);
    }

    /** Another host has this number from now on, or none has; nothing is known of it yet. Between steps. */
    void assign(final String newAddress) {
        address = newAddress;
        standing = new HostStanding(context);
        state = State.ABSENT;
        loggedState = State.ABSENT;
        incarnation++;
        generation++;
        hostId = 0;
        refusal.clear();
        held.clear();
        complete = false;
        compute(model.numerics().value());
        changes.increment();
    }

    private void compute(final int numerics) {
        numericsId = numerics;
        rank = accepted.rank(numerics);
    }

    /** The bits that it is asked for: this decoder's, until it says that it computes others that are accepted. */
    int numericsId() {
        return numericsId;
    }

    /** How much what it computes is preferred, from 0; hosts of one rank compute the same bits. */
    int rank() {
        return rank;
    }

    /** Whether it computes other bits than this decoder. */
    boolean isOfOtherNumerics() {
        return numericsId != model.numerics().value();
    }

    /** What its bits mean for whoever reads texts; only of a host of other numerics. */
    String otherNumerics() {
        return "Expert host " + address + " computes " + new NumericsId(numericsId) + " and this decoder "
            + model.numerics() + ": texts that it takes part in may differ from those of hosts that compute the same "
            + "as the decoder. moe_other_numerics_entries_total counts what it computed.";
    }

    /** Whether no host has this number. */
    boolean isVacant() {
        return address.equals(ExpertExchange.NOBODY);
    }

    int host() {
        return host;
    }

    State state() {
        return state;
    }

    boolean isReady() {
        return state == State.READY;
    }

    /** Rises whenever the host at this address may have forgotten what it was asked. */
    int generation() {
        return generation;
    }

    /** Rises whenever another process answers at this address. */
    int incarnation() {
        return incarnation;
    }

    /** How far it can be relied upon now. */
    Trust trust() {
        return !isReady() ? Trust.NONE : switch (standing.breaker().state()) {
            case OPEN -> Trust.LITTLE;
            case HALF_OPEN -> Trust.SOME;
            case CLOSED -> standing.isSuspected() ? Trust.MUCH : Trust.FULL;
        };
    }

    /** How the host does. */
    HostStanding standing() {
        return standing;
    }

    /** The host sent a frame. */
    void onHeard(final long quietNs) {
        if (standing.onHeard(quietNs)) {
            changes.increment();
        }
    }

    /** The host answered something of an exchange. */
    void onAnswer(final long exchangeId, final int results, final long queueNs, final long computeNs,
        final long quietNs) {
        if (standing.onAnswer(exchangeId, results, queueNs, computeNs, quietNs)) {
            changes.increment();
        }
    }

    /** Looks for what the host has not answered in time. */
    void check(final long quietNs, final long nowNs) {
        final boolean hadWork = trust().compareTo(Trust.MUCH) >= 0;
        if (isReady() && standing.check(quietNs, nowNs)) {
            changes.increment();
            givenUp = hadWork;
        }
    }

    /** Whether it lost its work, for silence, since this was asked last. */
    boolean takeGivenUp() {
        final boolean was = givenUp;
        givenUp = false;
        return was;
    }

    /** Whether the host said it holds an expert. */
    boolean holds(final int layer, final int expert) {
        return held.holds(layer, expert);
    }

    /** Returns whether the state changed. */
    boolean onConnected(final boolean connected, final long nowNs) {
        if (connected == (state != State.ABSENT)) {
            return false;
        }
        state = connected ? State.GREETING : State.ABSENT;
        standing.forgetAsks();
        changes.increment();
        held.clear();
        complete = false;
        nextHelloNs = nowNs;
        return true;
    }

    /** Whether the host is to be introduced to: often until it answers, then seldom while it does not suit. */
    boolean isHelloDue(final long nowNs) {
        return state != State.ABSENT && (!(state == State.READY && complete) && nowNs - nextHelloNs >= 0
            || helloAtOnce || standing.breaker().isProbeDue(nowNs));
    }

    /**
     * The host was introduced to.
     *
     * @param hurried whether what it holds is waited for
     */
    void onHelloSent(final long nowNs, final long intervalNs, final boolean hurried) {
        if (standing.breaker().isProbeDue(nowNs)) {
            standing.breaker().onProbe(nowNs);
        }
        helloAtOnce = false;
        nextHelloNs = nowNs + (hurried || state == State.GREETING ? intervalNs : 20 * intervalNs);
    }

    /** One part of a host's list of experts. */
    void onWelcome(final WelcomeDecoder welcome, final Placement expected) {
        changes.increment();
        if (state != State.READY || hostId != welcome.hostId()) {
            if (hostId != welcome.hostId()) {
                incarnation++;
                standing.reset();
            }
            hostId = welcome.hostId();
            state = State.READY;
            generation++;
            refusal.clear();
            held.clear();
        }
        held.add(welcome);
        complete = holdsAllOf(expected);
    }

    /** From now on the host shall hold what a placement puts on it; if it lacks something, it is asked at once. */
    void onExpected(final Placement expected) {
        complete = holdsAllOf(expected);
        helloAtOnce |= !complete;
    }

    private boolean holdsAllOf(final Placement placement) {
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                if (placement.holds(host, layer, expert) && !holds(layer, expert)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Another set of bits may be accepted: then the host is introduced to once more, and asked for that. */
    void onRefusal(final RefusalDecoder decoder) {
        final int computed = decoder.hostNumericsId();
        if (decoder.code() == ErrorCode.WRONG_NUMERICS && computed != numericsId
            && accepted.rank(computed) != AcceptedNumerics.NO_RANK) {
            compute(computed);
            refusal.clear();
            state = State.GREETING;
            changes.increment();
            return;
        }
        refusalIsNews |= refusal.set(decoder);
        changes.increment();
        switch (refusal.code()) {
            case WRONG_MODEL, WRONG_NUMERICS, WRONG_OPERAND_TYPE, WRONG_VERSION -> state = State.REFUSED;
            case DRAINING -> state = State.DRAINING;
            case EXPERT_NOT_LOADED -> state = State.GREETING;
            default -> damagedFrames++;
        }
    }

    void onWrongVersion(final int version) {
        if (state == State.READY) {
            // It spoke this version a moment ago: more likely damage than news.
            damagedFrames++;
        } else if (state != State.ABSENT) {
            state = State.REFUSED;
            changes.increment();
            refusalIsNews |= refusal.setWrongVersion(version);
        }
    }

    void onDamagedFrame() {
        damagedFrames++;
    }

    /** Whether the host has refused since it was last ready. */
    boolean hasRefusal() {
        return refusal.code() != ErrorCode.NONE;
    }

    String refusalSentence() {
        return refusal.sentence(address, model);
    }

    /** Whether it takes rows and answers, as far as is known. */
    boolean isTrusted() {
        return trust().compareTo(Trust.LITTLE) > 0;
    }

    /** Whether it holds an expert, takes rows for it and answers. */
    boolean isLive(final int layer, final int expert) {
        return isTrusted() && holds(layer, expert);
    }

    /** Why an expert that it lacks is not live. */
    String lackReason(final ExpertId expert) {
        return "Expert host " + address + " does not hold " + expert
            + "; give it the experts that the placement puts on it.";
    }

    /** Why the host takes no rows, or cannot be relied upon; only while it is not trusted. */
    String troubleReason() {
        return switch (state) {
            case READY -> "Expert host " + address + " does not answer.";
            case ABSENT -> isVacant() ? "No expert host has joined as number " + host + " yet; start one with --join."
                : "Expert host " + address + " is not connected; start it or check its address.";
            case GREETING -> hasRefusal() ? refusalSentence()
                : "Expert host " + address + " is connected but has not answered yet.";
            default -> refusalSentence();
        };
    }

    String address() {
        return address;
    }

    /** Says once what has changed, and now and then that damaged frames arrive. */
    void log(final Logger logger, final long nowNs) {
        refusalIsNews &= hasRefusal();
        if (refusalIsNews && nowNs >= nextRefusalReportNs) {
            logger.warn(refusalSentence());
            refusalIsNews = false;
            nextRefusalReportNs = nowNs + REFUSAL_REPORT_NS;
        } else if (state != loggedState && state == State.READY) {
            logger.info("Expert host {} is ready with {} experts{}.", address, held.count(), isOfOtherNumerics()
                ? ", which it computes in " + new NumericsId(numericsId) + " and not in " + model.numerics() : "");
        } else if (state == State.ABSENT && loggedState != State.ABSENT) {
            logger.warn("Expert host {} is gone; its experts are out of reach until it is back.", address);
        }
        loggedState = state == State.GREETING ? loggedState : state;
        logSilence(logger, nowNs);
        if (damagedFrames != damagedFramesLogged && nowNs >= nextDamageReportNs) {
            logger.warn("{} frames from expert host {} were not of the protocol and were dropped; check that a Convoke"
                + " expert host listens there.", damagedFrames - damagedFramesLogged, address);
            damagedFramesLogged = damagedFrames;
            nextDamageReportNs = nowNs + DAMAGE_REPORT_NS;
        }
    }

    private void logSilence(final Logger logger, final long nowNs) {
        final boolean isSilent = isReady() && standing.breaker().state() == Breaker.State.OPEN;
        if (isSilent && !loggedSilent && nowNs >= nextSilenceReportNs) {
            logger.warn("Expert host {} does not answer; what others hold of its experts they compute.", address);
            loggedSilent = true;
            nextSilenceReportNs = nowNs + SILENCE_REPORT_NS;
        } else if (loggedSilent && standing.breaker().state() == Breaker.State.CLOSED) {
            logger.info("Expert host {} answers again.", address);
            loggedSilent = false;
        }
    }
}
