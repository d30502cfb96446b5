package dev.convoke.experthost;

import dev.convoke.core.ExpertId;
import dev.convoke.transport.ExpertPiece;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.ErrorCode;
import dev.convoke.transport.codec.ExpertState;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Welcomes, refusals and what the host holds, on their way out. They are noted while polling and written after the
 * computing is done. One that finds no room waits for later duty cycles until its timeout; a peer that asks for too
 * many gets none.
 */
final class Replies {
    private static final int MAX_WAITING = 64;

    private final FramePort port;
    private final long hostId;
    private final int numericsId;
    private final long timeoutNs;
    private final ExpertBank bank;
    private final ExpertChanges changes;
    private final int welcomeExperts;
    private final int statusExperts;
    private final RefusalText refusalText;
    private final PeerStates peers;
    private final HostCounters counters;
    private final Warnings warnings;
    private final FrameWriter writer = new FrameWriter();
    private final UnsafeBuffer buffer;
    private final Reply[] replies = new Reply[MAX_WAITING];
    private int waiting;

    Replies(final ExpertHostContext context, final ExpertChanges changes, final PeerStates peers,
        final HostCounters counters, final Warnings warnings) {
        this.port = context.port();
        this.hostId = context.hostId();
        this.numericsId = context.numerics().value();
        this.timeoutNs = context.answerTimeoutNs();
        this.refusalText = new RefusalText(context);
        this.peers = peers;
        this.counters = counters;
        this.warnings = warnings;
        buffer = new UnsafeBuffer(BufferUtil.allocateDirectAligned(port.maxFrameBytes(), Long.BYTES));
        bank = context.bank();
        this.changes = changes;
        welcomeExperts = FrameWriter.expertsPerWelcome(port.maxFrameBytes());
        statusExperts = FrameWriter.expertsPerHostStatus(port.maxFrameBytes());
        for (int i = 0; i < replies.length; i++) {
            replies[i] = new Reply();
        }
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    /** Notes a Welcome. */
    void welcome(final int peer, final FrameIdentity identity, final long nowNs) {
        final Reply reply = note(peer, identity, Kind.WELCOME, nowNs);
        if (reply != null) {
            reply.experts = bank.experts();
            reply.revision = bank.revision();
        }
    }

    /** Notes a HostStatus, as things stand now. */
    void status(final int peer, final FrameIdentity identity, final long nowNs) {
        final Reply reply = note(peer, identity, Kind.STATUS, nowNs);
        if (reply != null) {
            reply.holdings = changes.holdings();
            reply.experts = List.copyOf(reply.holdings.experts().keySet());
        }
    }

    /** Notes a Refusal; for the detail see {@link RefusalText#of}. */
    void refuse(final int peer, final FrameIdentity identity, final ErrorCode code, final long detail,
        final long nowNs) {
        counters.refused(code).increment();
        final Reply reply = note(peer, identity, Kind.REFUSAL, nowNs);
        if (reply != null) {
            reply.code = code;
            reply.detail = detail;
        }
    }

    /** Notes a piece of an expert; a peer gets as many in a second as it gets replies of whatever kind. */
    void piece(final ExpertLoader.Fetched fetched, final long nowNs) {
        final Reply reply = note(fetched.peer(), fetched.identity(), Kind.PIECE, nowNs);
        if (reply != null) {
            reply.piece = fetched.piece();
            counters.pieces.increment();
        }
    }

    private Reply note(final int peer, final FrameIdentity identity, final Kind kind, final long nowNs) {
        if (waiting == MAX_WAITING || !peers.tryReply(peer, nowNs)) {
            counters.repliesSuppressed.increment();
            return null;
        }
        final Reply reply = replies[waiting++];
        reply.peer = peer;
        reply.identity.copyFrom(identity);
        reply.kind = kind;
        reply.notedNs = nowNs;
        reply.nextPart = 0;
        return reply;
    }

    /** Sends what finds room; returns the frames sent. */
    int send(final long nowNs) {
        int sent = 0;
        int kept = 0;
        for (int i = 0; i < waiting; i++) {
            final Reply reply = replies[i];
            final int before = reply.nextPart;
            final long outcome = switch (reply.kind) {
                case WELCOME -> offerWelcome(reply);
                case STATUS -> offerStatus(reply);
                case REFUSAL -> offerRefusal(reply, nowNs);
                case PIECE -> offerPiece(reply);
            };
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
        final long outcome = offerParts(reply, welcomeExperts, part -> writer.welcome(buffer, 0, reply.identity, hostId,
            reply.revision, part));
        if (outcome > 0) {
            counters.hellos.increment();
        }
        return outcome;
    }

    private long offerPiece(final Reply reply) {
        final long outcome = port.offer(reply.peer, buffer, 0,
            writer.expertPiece(buffer, 0, reply.identity, reply.piece));
        if (outcome != FramePort.BACK_PRESSURED) {
            reply.piece = null;
        }
        reply.nextPart = outcome > 0 ? 1 : 0;
        return outcome == FramePort.NOT_CONNECTED ? FramePort.CLOSED : outcome;
    }

    private long offerStatus(final Reply reply) {
        return offerParts(reply, statusExperts, part -> {
            final Map<ExpertId, ExpertState> states = new LinkedHashMap<>();
            part.forEach(expert -> states.put(expert, reply.holdings.experts().get(expert)));
            return writer.hostStatus(buffer, 0, reply.identity, hostId, reply.holdings.withExperts(states));
        });
    }

    private long offerParts(final Reply reply, final int size, final ToIntFunction<List<ExpertId>> write) {
        final int parts = Math.max(1, Math.ceilDiv(reply.experts.size(), size));
        long outcome = 1;
        while (outcome > 0 && reply.nextPart < parts) {
            reply.identity.part(reply.nextPart, parts);
            final int from = reply.nextPart * size;
            final int length = write.applyAsInt(
                reply.experts.subList(from, Math.min(from + size, reply.experts.size())));
            outcome = port.offer(reply.peer, buffer, 0, length);
            reply.nextPart += outcome > 0 ? 1 : 0;
        }
        return outcome;
    }

    private long offerRefusal(final Reply reply, final long nowNs) {
        final String text = refusalText.of(reply.code, reply.identity, reply.detail);
        warnings.warn(reply.code.value(), nowNs, "Refused a frame of peer " + reply.peer + ", decoder "
            + HexFormat.of().toHexDigits(reply.identity.decoderId()) + ": " + text);
        final int length = writer.refusal(buffer, 0, reply.identity, hostId, numericsId, reply.code,
            FrameWriter.text(text));
        final long outcome = port.offer(reply.peer, buffer, 0, length);
        if (outcome > 0) {
            reply.nextPart = 1;
            counters.refusals.increment();
        }
        return outcome;
    }

    private enum Kind {
        WELCOME,
        STATUS,
        REFUSAL,
        PIECE
    }

    private static final class Reply {
        private final FrameIdentity identity = new FrameIdentity();
        private int peer;
        private Kind kind;
        private List<ExpertId> experts;
        private long revision;
        private HostHoldings holdings;
        private ExpertPiece piece;
        private ErrorCode code;
        private long detail;
        private long notedNs;
        private int nextPart;
    }
}
