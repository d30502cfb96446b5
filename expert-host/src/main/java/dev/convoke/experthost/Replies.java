package dev.convoke.experthost;

import dev.convoke.core.ExpertId;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.ErrorCode;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Welcomes and refusals on their way out. They are noted while polling and written after the computing is done. One
 * that finds no room waits for later duty cycles until its timeout; a peer that asks for too many gets none.
 */
final class Replies {
    private static final int MAX_WAITING = 64;

    private final FramePort port;
    private final long hostId;
    private final long timeoutNs;
    private final List<List<ExpertId>> welcomeParts;
    private final RefusalText refusalText;
    private final PeerStates peers;
    private final HostCounters counters;
    private final Warnings warnings;
    private final FrameWriter writer = new FrameWriter();
    private final UnsafeBuffer buffer;
    private final Reply[] replies = new Reply[MAX_WAITING];
    private int waiting;

    Replies(final ExpertHostContext context, final PeerStates peers, final HostCounters counters,
        final Warnings warnings) {
        this.port = context.port();
        this.hostId = context.hostId();
        this.timeoutNs = context.answerTimeoutNs();
        this.refusalText = new RefusalText(context);
        this.peers = peers;
        this.counters = counters;
        this.warnings = warnings;
        buffer = new UnsafeBuffer(BufferUtil.allocateDirectAligned(port.maxFrameBytes(), Long.BYTES));
        welcomeParts = parts(context.bank().experts(), FrameWriter.expertsPerWelcome(port.maxFrameBytes()));
        for (int i = 0; i < replies.length; i++) {
            replies[i] = new Reply();
        }
    }

    private static List<List<ExpertId>> parts(final List<ExpertId> experts, final int size) {
        final int count = Math.max(1, (experts.size() + size - 1) / size);
        return IntStream.range(0, count)
            .mapToObj(part -> experts.subList(part * size, Math.min((part + 1) * size, experts.size())))
            .toList();
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    /** Notes a Welcome. */
    void welcome(final int peer, final FrameIdentity identity, final long nowNs) {
        note(peer, identity, ErrorCode.NONE, 0, nowNs);
    }

    /** Notes a Refusal; for the detail see {@link RefusalText#of}. */
    void refuse(final int peer, final FrameIdentity identity, final ErrorCode code, final long detail,
        final long nowNs) {
        counters.refused(code).increment();
        note(peer, identity, code, detail, nowNs);
    }

    private void note(final int peer, final FrameIdentity identity, final ErrorCode code, final long detail,
        final long nowNs) {
        if (waiting == MAX_WAITING || !peers.tryReply(peer, nowNs)) {
            counters.repliesSuppressed.increment();
            return;
        }
        final Reply reply = replies[waiting++];
        reply.peer = peer;
        reply.identity.copyFrom(identity);
        reply.code = code;
        reply.detail = detail;
        reply.notedNs = nowNs;
        reply.nextPart = 0;
    }

    /** Sends what finds room; returns the frames sent. */
    int send(final long nowNs) {
        int sent = 0;
        int kept = 0;
        for (int i = 0; i < waiting; i++) {
            final Reply reply = replies[i];
            final int before = reply.nextPart;
            final long outcome = reply.code == ErrorCode.NONE ? offerWelcome(reply) : offerRefusal(reply, nowNs);
            sent += reply.nextPart - before;
            final boolean mayGoLater = outcome == FramePort.BACK_PRESSURED || outcome == FramePort.NOT_CONNECTED;
            if (mayGoLater && nowNs - reply.notedNs < timeoutNs) {
                replies[i] = replies[kept];
                replies[kept++] = reply;
            } else if (outcome < 0) {
                counters.repliesDropped.increment();
            }
        }
        waiting = kept;
        return sent;
    }

    private long offerWelcome(final Reply reply) {
        long outcome = 1;
        while (outcome > 0 && reply.nextPart < welcomeParts.size()) {
            reply.identity.part(reply.nextPart, welcomeParts.size());
            final int length = writer.welcome(buffer, 0, reply.identity, hostId, welcomeParts.get(reply.nextPart));
            outcome = port.offer(reply.peer, buffer, 0, length);
            reply.nextPart += outcome > 0 ? 1 : 0;
        }
        if (outcome > 0) {
            counters.hellos.increment();
        }
        return outcome;
    }

    private long offerRefusal(final Reply reply, final long nowNs) {
        final String text = refusalText.of(reply.code, reply.identity, reply.detail);
        warnings.warn(reply.code.value(), nowNs, "Refused a frame of peer " + reply.peer + ", decoder "
            + HexFormat.of().toHexDigits(reply.identity.decoderId()) + ": " + text);
        final int length = writer.refusal(buffer, 0, reply.identity, hostId, reply.code, FrameWriter.text(text));
        final long outcome = port.offer(reply.peer, buffer, 0, length);
        if (outcome > 0) {
            reply.nextPart = 1;
            counters.refusals.increment();
        }
        return outcome;
    }

    private static final class Reply {
        private final FrameIdentity identity = new FrameIdentity();
        private int peer;
        private ErrorCode code;
        private long detail;
        private long notedNs;
        private int nextPart;
    }
}
