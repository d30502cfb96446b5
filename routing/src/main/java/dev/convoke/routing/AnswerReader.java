package dev.convoke.routing;

import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FrameRows;
import dev.convoke.transport.RecentFrames;
import dev.convoke.transport.codec.CombineDecoder;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.RefusalDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import org.agrona.DirectBuffer;

/**
 * Takes what hosts send and trusts none of it: the frame is checked, then its identity, then every result row against
 * the plan and the host that was asked. What does not fit is dropped and counted.
 */
final class AnswerReader implements FrameHandler {
    private static final int SLOTS = 256;

    private final RoutedModel model;
    private final FrameIdentity own;
    private final HostRoster roster;
    private final FlightTable flights;
    private final RoutingCounters counters;
    private final FrameIdentity identity = new FrameIdentity();
    private final RecentFrames recent = new RecentFrames();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CombineDecoder combine = new CombineDecoder();
    private final WelcomeDecoder welcome = new WelcomeDecoder();
    private final RefusalDecoder refusal = new RefusalDecoder();
    private final int rowBytes;
    private final AttentionClock clock;

    AnswerReader(final RoutedModel model, final FrameIdentity own, final HostRoster roster, final FlightTable flights,
        final RoutingCounters counters, final AttentionClock clock) {
        this.clock = clock;
        this.model = model;
        this.own = own;
        this.roster = roster;
        this.flights = flights;
        this.counters = counters;
        this.rowBytes = model.hiddenSize() * model.operandType().bytes();
    }

    @Override
    public void onFrame(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        final HostLink link = roster.link(peer);
        if (link.isVacant()) {
            counters.answersForeign.increment();
            return;
        }
        switch (FrameCheck.check(buffer, offset, length)) {
            case MALFORMED -> {
                counters.framesMalformed.increment();
                link.onDamagedFrame();
            }
            case WRONG_VERSION -> {
                counters.framesWrongVersion.increment();
                link.onWrongVersion(header.wrap(buffer, offset).version());
            }
            case OK -> onCheckedFrame(link, buffer, offset, length);
            default -> throw new AssertionError();
        }
    }

    private void onCheckedFrame(final HostLink link, final DirectBuffer buffer, final int offset, final int length) {
        link.onHeard(clock.attendedNs());
        switch (header.wrap(buffer, offset).templateId()) {
            case CombineDecoder.TEMPLATE_ID -> {
                counters.ofHost(link.host()).combineBytes().add(length);
                onCombine(link, combine.wrapAndApplyHeader(buffer, offset, header));
            }
            case WelcomeDecoder.TEMPLATE_ID -> onWelcome(link, welcome.wrapAndApplyHeader(buffer, offset, header));
            case RefusalDecoder.TEMPLATE_ID -> onRefusal(link, refusal.wrapAndApplyHeader(buffer, offset, header));
            default -> {
                counters.framesUnexpected.increment();
                link.onDamagedFrame();
            }
        }
    }

    private void onWelcome(final HostLink link, final WelcomeDecoder decoder) {
        if (isOwn(identity.readFrom(decoder.identity())) && isOwnModel(link, identity)) {
            counters.welcomes.increment();
            link.onWelcome(decoder, roster.expected());
        } else {
            counters.answersForeign.increment();
        }
    }

    private void onRefusal(final HostLink link, final RefusalDecoder decoder) {
        identity.readFrom(decoder.identity());
        final ErrorCode code = decoder.code();
        // Who could not read a frame cannot repeat its identity. Whoever refuses a model that is not this decoder's got
        // a damaged frame, or somebody else's.
        final boolean isOurs = isOwn(identity) && isOwnModel(link, identity);
        if (!isOurs && code != ErrorCode.MALFORMED && code != ErrorCode.WRONG_VERSION) {
            counters.answersForeign.increment();
            return;
        }
        counters.refusals.increment();
        link.standing().loss().forgetAsk(identity.exchangeId());
        final ExchangeHandle handle = flights.find(identity.exchangeId());
        // An expert that was asked for when the host still held it, by a copy that came late, is none it should hold.
        if (code != ErrorCode.EXPERT_NOT_LOADED || handle != null) {
            link.onRefusal(decoder);
        }
        if (handle != null && isOurs && code != ErrorCode.MALFORMED) {
            final HostShare share = handle.share(link.host());
            // Whoever refuses what it was asked first says nothing of what it was asked since.
            if (share.wasAsked() && identity.attempt() == share.attempt()) {
                share.onRefused(link.incarnation(), clock.attendedNs());
            }
        }
    }

    private void onCombine(final HostLink link, final CombineDecoder decoder) {
        identity.readFrom(decoder.identity());
        final ExchangeHandle handle = flights.find(identity.exchangeId());
        if (!isOwn(identity) || !isOwnModel(link, identity) || decoder.hiddenSize() != model.hiddenSize()
            || handle != null && identity.layer() != handle.layer()) {
            counters.answersForeign.increment();
            return;
        }
        final CombineDecoder.ResultsDecoder results = decoder.results();
        final int count = results.count();
        final long number = number(link, results);
        decoder.sbeRewind();
        if (identity.attempt() == 0) {
            link.standing().loss().onReceived(identity.exchangeId(), count);
        }
        if (recent.contains(number)) {
            counters.answersRepeated.increment();
            return;
        }
        // What does not fit may have been damaged: its copy is looked at.
        if (handle == null) {
            counters.answersStale.increment();
            recent.add(number);
        } else if (takeResults(handle, handle.share(link.host()), link, decoder)) {
            recent.add(number);
        }
        // An answer that comes too late still tells how long the host takes.
        link.onAnswer(identity.exchangeId(), count, decoder.queueNs(), decoder.computeNs(), clock.attendedNs());
    }

    /** Several frames may answer one: they differ in their results, no two of which are the same. */
    private long number(final HostLink link, final CombineDecoder.ResultsDecoder results) {
        int first = 0;
        if (results.hasNext()) {
            results.next();
            first = 1 + results.row() * SLOTS + results.slot();
        }
        return RecentFrames.number(link.host(), identity, first);
    }

    /** Returns whether all its results were asked for. */
    private boolean takeResults(final ExchangeHandle handle, final HostShare share, final HostLink link,
        final CombineDecoder decoder) {
        final long queueNs = decoder.queueNs();
        final long computeNs = decoder.computeNs();
        final CombineDecoder.ResultsDecoder results = decoder.results();
        final DirectBuffer buffer = decoder.buffer();
        final int firstRow = FrameRows.first(buffer,
            decoder.limit() + results.count() * CombineDecoder.ResultsDecoder.sbeBlockLength());
        int taken = 0;
        int foreign = 0;
        for (int i = 0; results.hasNext(); i++) {
            results.next();
            final int entry = entryOf(handle, share, results);
            if (entry < 0) {
                foreign += results.expert() == share.rehearsed() ? 0 : 1;
            } else if (handle.take(entry, buffer, firstRow + i * rowBytes, link.isOfOtherNumerics())) {
                taken++;
            } else {
                counters.resultsDuplicate.increment();
            }
        }
        share.onHeard(clock.attendedNs());
        counters.answers.increment();
        counters.resultsTaken.add(taken);
        counters.resultsForeign.add(foreign);
        counters.ofHost(share.host()).combineRows().add(taken);
        if (link.isOfOtherNumerics()) {
            counters.ofHost(share.host()).otherNumerics()[link.rank()].add(taken);
        }
        if (taken > 0) {
            share.onAnswer(clock.nowNs(), queueNs, computeNs);
            counters.ofHost(share.host()).queueNs().add(queueNs);
            counters.ofHost(share.host()).computeNs().add(computeNs);
        }
        return foreign == 0;
    }

    /** The entry a result answers, or -1 if no such entry was asked of this host. */
    private int entryOf(final ExchangeHandle handle, final HostShare share,
        final CombineDecoder.ResultsDecoder result) {
        final int row = result.row();
        final int slot = result.slot();
        if (row >= handle.plan().rows() || slot >= model.topK()) {
            return -1;
        }
        final int entry = row * model.topK() + slot;
        return result.expert() == handle.plan().expert(entry) && share.wasAsked(entry) ? entry : -1;
    }

    private boolean isOwn(final FrameIdentity frame) {
        return frame.decoderId() == own.decoderId() && frame.incarnation() == own.incarnation();
    }

    /** Of the model, and of the bits that the host is asked for. */
    private boolean isOwnModel(final HostLink link, final FrameIdentity frame) {
        return frame.modelFingerprint() == own.modelFingerprint() && frame.numericsId() == link.numericsId()
            && frame.operandType() == own.operandType();
    }
}
