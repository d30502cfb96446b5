package dev.convoke.experthost;

import dev.convoke.core.DType;
import dev.convoke.transport.FrameCheck;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.RecentFrames;
import dev.convoke.transport.codec.DispatchDecoder;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.FetchExpertDecoder;
import dev.convoke.transport.codec.FreeExpertDecoder;
import dev.convoke.transport.codec.HelloDecoder;
import dev.convoke.transport.codec.LoadExpertDecoder;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.StatusRequestDecoder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;

/**
 * Where frames arrive: checks them, puts dispatches among what is pending and notes what else is to be answered. Never
 * throws and, for dispatches it accepts, never allocates.
 */
final class FrameIntake implements FrameHandler {
    private final NanoClock clock;
    private final ExpertBank bank;
    private final long fingerprint;
    private final int numerics;
    private final DType dtype;
    private final int hiddenSize;
    private final int maxFrameBytes;
    private final ExpertChanges changes;
    private final Replies replies;
    private final HostCounters counters;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DispatchDecoder dispatch = new DispatchDecoder();
    private final HelloDecoder hello = new HelloDecoder();
    private final StatusRequestDecoder statusRequest = new StatusRequestDecoder();
    private final LoadExpertDecoder loadExpert = new LoadExpertDecoder();
    private final FreeExpertDecoder freeExpert = new FreeExpertDecoder();
    private final FetchExpertDecoder fetchExpert = new FetchExpertDecoder();
    private final FrameIdentity identity = new FrameIdentity();
    private final RecentFrames recent = new RecentFrames();
    private volatile boolean draining;
    private PendingDispatches pending;
    private int handled;

    FrameIntake(final ExpertHostContext context, final ExpertChanges changes, final Replies replies,
        final HostCounters counters) {
        this.changes = changes;
        clock = context.clock();
        bank = context.bank();
        fingerprint = bank.fingerprint().value();
        numerics = context.numerics().value();
        dtype = bank.dtype();
        hiddenSize = bank.model().hiddenSize();
        maxFrameBytes = context.port().maxFrameBytes();
        this.replies = replies;
        this.counters = counters;
    }

    /** Where the dispatches go that come from now on. */
    void fill(final PendingDispatches empty) {
        pending = empty;
    }

    /** From any thread. */
    void drain() {
        draining = true;
    }

    boolean isDraining() {
        return draining;
    }

    /** Frames since the last call, whatever came of them. */
    int takeHandled() {
        final int count = handled;
        handled = 0;
        return count;
    }

    /** Whether more frames belong to what came last: then they are probably there by now. */
    boolean isPartMissing() {
        return identity.part() + 1 < identity.parts();
    }

    @Override
    public void onFrame(final int peer, final DirectBuffer buffer, final int offset, final int length) {
        handled++;
        final FrameCheck check = length > maxFrameBytes
            ? FrameCheck.MALFORMED : FrameCheck.check(buffer, offset, length);
        switch (check) {
            case OK -> onChecked(peer, buffer, offset);
            case WRONG_VERSION -> onWrongVersion(peer, buffer, offset);
            default -> counters.malformed.increment();
        }
    }

    private void onChecked(final int peer, final DirectBuffer buffer, final int offset) {
        switch (header.wrap(buffer, offset).templateId()) {
            case DispatchDecoder.TEMPLATE_ID -> onDispatch(peer, buffer, offset);
            case HelloDecoder.TEMPLATE_ID -> onHello(peer, buffer, offset, clock.nanoTime());
            case StatusRequestDecoder.TEMPLATE_ID -> onStatusRequest(peer, buffer, offset, clock.nanoTime());
            case LoadExpertDecoder.TEMPLATE_ID -> onLoadExpert(peer, buffer, offset, clock.nanoTime());
            case FreeExpertDecoder.TEMPLATE_ID -> onFreeExpert(peer, buffer, offset, clock.nanoTime());
            case FetchExpertDecoder.TEMPLATE_ID -> onFetchExpert(peer, buffer, offset, clock.nanoTime());
            default -> counters.unexpected.increment();
        }
    }

    private void onWrongVersion(final int peer, final DirectBuffer buffer, final int offset) {
        identity.clear().modelFingerprint(fingerprint).numericsId(numerics).dtype(dtype);
        replies.refuse(peer, identity, ErrorCode.WRONG_VERSION, header.wrap(buffer, offset).version(),
            clock.nanoTime());
    }

    private void onHello(final int peer, final DirectBuffer buffer, final int offset, final long nowNs) {
        hello.wrapAndApplyHeader(buffer, offset, header);
        identity.readFrom(hello.identity());
        final ErrorCode mismatch = mismatch(hello.hiddenSize());
        if (mismatch != ErrorCode.NONE) {
            replies.refuse(peer, identity, mismatch, hello.hiddenSize(), nowNs);
        } else if (draining) {
            replies.refuse(peer, identity, ErrorCode.DRAINING, 0, nowNs);
        } else {
            replies.welcome(peer, identity, nowNs);
        }
    }

    private void onStatusRequest(final int peer, final DirectBuffer buffer, final int offset, final long nowNs) {
        identity.readFrom(statusRequest.wrapAndApplyHeader(buffer, offset, header).identity());
        if (isOfThisModel(peer, nowNs)) {
            replies.status(peer, identity, nowNs);
        }
    }

    private void onLoadExpert(final int peer, final DirectBuffer buffer, final int offset, final long nowNs) {
        identity.readFrom(loadExpert.wrapAndApplyHeader(buffer, offset, header).identity());
        if (isOfThisModel(peer, nowNs) && !draining) {
            changes.load(identity.layer(), loadExpert.expert(), loadExpert.checksum());
        }
    }

    private void onFreeExpert(final int peer, final DirectBuffer buffer, final int offset, final long nowNs) {
        identity.readFrom(freeExpert.wrapAndApplyHeader(buffer, offset, header).identity());
        if (isOfThisModel(peer, nowNs)) {
            changes.free(identity.layer(), freeExpert.expert());
        }
    }

    private void onFetchExpert(final int peer, final DirectBuffer buffer, final int offset, final long nowNs) {
        identity.readFrom(fetchExpert.wrapAndApplyHeader(buffer, offset, header).identity());
        // What the checkpoint has is the same whatever either computes of it.
        if (identity.modelFingerprint() != fingerprint) {
            replies.refuse(peer, identity, ErrorCode.WRONG_MODEL, 0, nowNs);
        } else {
            changes.fetch(peer, identity, fetchExpert.expert(), fetchExpert.from());
        }
    }

    private boolean isOfThisModel(final int peer, final long nowNs) {
        final ErrorCode mismatch = mismatch(hiddenSize);
        if (mismatch != ErrorCode.NONE) {
            replies.refuse(peer, identity, mismatch, hiddenSize, nowNs);
        }
        return mismatch == ErrorCode.NONE;
    }

    private void onDispatch(final int peer, final DirectBuffer buffer, final int offset) {
        dispatch.wrapAndApplyHeader(buffer, offset, header);
        identity.readFrom(dispatch.identity());
        final ErrorCode mismatch = mismatch(dispatch.hiddenSize());
        if (mismatch != ErrorCode.NONE) {
            replies.refuse(peer, identity, mismatch, dispatch.hiddenSize(), clock.nanoTime());
        } else if (draining) {
            replies.refuse(peer, identity, ErrorCode.DRAINING, 0, clock.nanoTime());
        } else {
            onMatchingDispatch(peer, buffer);
        }
    }

    private void onMatchingDispatch(final int peer, final DirectBuffer buffer) {
        final DispatchDecoder.AssignmentsDecoder group = dispatch.assignments();
        if (group.count() == 0) {
            counters.malformed.increment();
            return;
        }
        final long number = RecentFrames.number(peer, identity, 0);
        if (recent.contains(number)) {
            counters.repeated.increment();
            return;
        }
        while (group.hasNext()) {
            final int expert = group.next().expert();
            if (!bank.holds(identity.layer(), expert)) {
                replies.refuse(peer, identity, ErrorCode.EXPERT_NOT_LOADED, expert, clock.nanoTime());
                return;
            }
        }
        if (pending.room() == 0) {
            counters.overflowed.increment();
            return;
        }
        recent.add(number);
        pending.add(peer, identity, dispatch.sbeRewind(), buffer);
        counters.dispatches.increment();
        counters.rows.add(dispatch.rowCount());
    }

    private ErrorCode mismatch(final long frameHiddenSize) {
        if (identity.modelFingerprint() != fingerprint) {
            return ErrorCode.WRONG_MODEL;
        }
        if (identity.numericsId() != numerics) {
            return ErrorCode.WRONG_NUMERICS;
        }
        if (identity.dtype() != dtype) {
            return ErrorCode.WRONG_OPERAND_TYPE;
        }
        return frameHiddenSize == hiddenSize ? ErrorCode.NONE : ErrorCode.MALFORMED;
    }
}
