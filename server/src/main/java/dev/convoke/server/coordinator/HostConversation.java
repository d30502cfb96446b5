package dev.convoke.server.coordinator;

import dev.convoke.core.AcceptedNumerics;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NumericsId;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.HostHoldings;
import dev.convoke.transport.codec.ExpertState;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;

/**
 * The talk with one host: asks how it is, puts the parts of its answer together, and repeats orders until its answers
 * show that they are done. Frames may be lost, repeated or late. Owned by the agent's thread.
 */
final class HostConversation {
    private static final long ASK_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long ASK_BUSY_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** What has not been answered by then is asked again; sooner, a host that is slow would never finish an answer. */
    private static final long ANSWER_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long REPEAT_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final int host;
    private final FramePort port;
    private final FrameIdentity identity;
    private final AcceptedNumerics accepted;
    private final int experts;
    private final Checksums checksums;
    private final FrameWriter writer = new FrameWriter();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private final Map<Integer, Long> sentNs = new HashMap<>();
    private final Map<ExpertId, ExpertState> answer = new LinkedHashMap<>();
    private final BitSet parts = new BitSet();
    private long request;
    private long askedNs;
    private boolean awaitsAnswer;
    private boolean asksAnew;
    private boolean awaitsWord;
    private long waitsSinceNs;

    /**
     * With a host that nobody has heard of.
     *
     * @param checksums that go with orders to load
     */
    HostConversation(final int host, final CoordinatorContext context, final Checksums checksums,
        final long nowNs) {
        this.host = host;
        this.port = context.port();
        this.experts = context.model().experts();
        this.checksums = checksums;
        identity = new FrameIdentity().modelFingerprint(context.model().fingerprint().value())
            .numericsId(context.model().numerics().value()).dtype(context.model().operandType())
            .decoderId(context.id());
        accepted = context.numerics();
        askedNs = nowNs - ASK_NS;
    }

    /** The set of bits that the host computes, as far as is known. */
    NumericsId numerics() {
        return new NumericsId(identity.numericsId());
    }

    /** Another set of bits than the host was asked for may be accepted: then it is asked for that; returns whether. */
    boolean onRefusal(final FrameIdentity refused, final int computed) {
        final boolean accepts = refused.decoderId() == identity.decoderId() && refused.exchangeId() == request
            && computed != identity.numericsId() && accepted.rank(computed) != AcceptedNumerics.NO_RANK;
        if (accepts) {
            identity.numericsId(computed);
            awaitsAnswer = false;
            asksAnew = true;
        }
        return accepts;
    }

    /** Whether the host has said nothing for so long since it was to be asked; before, nobody waited for a word. */
    boolean isSilent(final long nowNs, final long limitNs) {
        return awaitsWord && nowNs - waitsSinceNs >= limitNs;
    }

    /**
     * Asks where it is due; returns frames sent.
     *
     * @param busy whether something is waited for
     */
    int ask(final boolean busy, final long nowNs) {
        final long intervalNs = awaitsAnswer ? ANSWER_NS : busy || asksAnew ? ASK_BUSY_NS : ASK_NS;
        if (nowNs - askedNs < intervalNs) {
            return 0;
        }
        if (!awaitsWord) {
            awaitsWord = true;
            waitsSinceNs = nowNs;
        }
        if (!port.isConnected(host)) {
            return 0;
        }
        askedNs = nowNs;
        awaitsAnswer = true;
        asksAnew = false;
        identity.exchangeId(++request).layer(0).part(0, 1);
        answer.clear();
        parts.clear();
        return offer(writer.statusRequest(buffer, 0, identity)) ? 1 : 0;
    }

    /** Repeats what the host was told and has not done; returns frames sent. */
    int order(final HostView view, final long nowNs) {
        if (!view.isSeen() || view.loading().isEmpty() && view.freeing().isEmpty()) {
            sentNs.clear();
            return 0;
        }
        int sent = 0;
        for (final int expert : view.loading().keySet()) {
            sent += isDue(expert, nowNs) && load(expert) ? noteSent(expert, nowNs) : 0;
        }
        for (int expert = view.freeing().nextSetBit(0); expert >= 0; expert = view.freeing().nextSetBit(expert + 1)) {
            identity.layer(expert / experts);
            sent += isDue(expert, nowNs) && offer(writer.freeExpert(buffer, 0, identity, expert % experts))
                ? noteSent(expert, nowNs) : 0;
        }
        return sent;
    }

    private boolean isDue(final int expert, final long nowNs) {
        return nowNs - sentNs.getOrDefault(expert, nowNs - REPEAT_NS) >= REPEAT_NS;
    }

    private int noteSent(final int expert, final long nowNs) {
        sentNs.put(expert, nowNs);
        return 1;
    }

    private boolean load(final int expert) {
        final OptionalLong checksum = checksums.of(expert);
        if (checksum.isEmpty()) {
            return checksums.takeFailure(expert);
        }
        identity.layer(expert / experts);
        return offer(writer.loadExpert(buffer, 0, identity, expert % experts, checksum.getAsLong()));
    }

    private boolean offer(final int length) {
        return port.offer(host, buffer, 0, length) > 0;
    }

    /** An answer came, or a part of one; a report when it is whole. */
    Optional<Command> onStatus(final FrameIdentity answered, final long incarnation, final HostHoldings holdings) {
        awaitsWord = false;
        if (answered.decoderId() != identity.decoderId() || answered.exchangeId() != request) {
            return Optional.empty();
        }
        answer.putAll(holdings.experts());
        parts.set(answered.part());
        if (parts.cardinality() < answered.parts()) {
            return Optional.empty();
        }
        awaitsAnswer = false;
        return Optional.of(new Command.HostReported(host, incarnation, (int)Math.min(Integer.MAX_VALUE,
            holdings.memoryLimitBytes() / Math.max(1, holdings.expertBytes())), in(ExpertState.HELD),
            in(ExpertState.FREEING), in(ExpertState.FAILED), holdings.failure()));
    }

    private List<Integer> in(final ExpertState state) {
        final List<Integer> numbers = new ArrayList<>();
        answer.forEach((expert, its) -> {
            if (its == state) {
                numbers.add(expert.layer() * experts + expert.index());
            }
        });
        numbers.sort(null);
        return numbers;
    }
}
