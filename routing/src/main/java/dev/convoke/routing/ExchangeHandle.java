package dev.convoke.routing;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameRows;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Ties the two legs of an exchange: which host was asked for which entry, what has arrived, and the rows themselves.
 * Allocated once for the context's largest exchange and reused; a decoder that overlaps exchanges has one for each.
 * Owned by the decoder's thread.
 */
public final class ExchangeHandle {
    private final RowBuffer slotRows;
    private final FrameRows answers;
    private final DirectBuffer zeroRow;
    private final HostShare[] shares;
    private final int[] hostOfEntry;
    private final int[] entriesByHost;
    private final int[] firstOfHost;
    private final long[] received;
    private final long[] sent;
    private final int[] otherNumericsOfRow;
    private final ExchangeFailure failure = new ExchangeFailure();
    private RowBuffer rows;
    private FrameRows rowFrames;
    private RoutingPlan plan;
    private long exchangeId;
    private long epoch;
    private long startNs;
    private long quietStartNs;
    private int layer;
    private int missing;
    private int division;
    private int seenChanges;
    private int otherNumerics;
    private ExchangeOutcome outcome = ExchangeOutcome.COMPLETE;

    /** Allocates for the sizes of a concluded context; the arena must outlive the handle. */
    public ExchangeHandle(final Arena arena, final RoutingContext context) {
        final RoutedModel model = context.model();
        final int capacity = context.capacityRows() * model.topK();
        final int hosts = context.hostAddresses().size();
        this.slotRows = new RowBuffer(arena, model.operandType(), capacity, model.hiddenSize());
        this.answers = new FrameRows(slotRows);
        this.zeroRow = new UnsafeBuffer(new byte[slotRows.rowBytes()]);
        this.shares = new HostShare[hosts + 1];
        Arrays.setAll(shares, host -> new HostShare(host, capacity));
        this.hostOfEntry = new int[capacity];
        this.entriesByHost = new int[capacity];
        this.firstOfHost = new int[hosts + 2];
        this.received = new long[(capacity + Long.SIZE - 1) / Long.SIZE];
        this.sent = new long[received.length];
        this.otherNumericsOfRow = new int[context.capacityRows()];
    }

    /**
     * Expert outputs, unweighted: {@code [capacityRows x topK, hidden]} in the operand type; row
     * {@code row * topK + slot} answers that entry of the plan, and is zero if that was dropped. Valid from a complete
     * exchange to the next dispatch.
     */
    public RowBuffer slotRows() {
        return slotRows;
    }

    /** Entries that were computed in other numerics than the decoder's. */
    public int otherNumerics() {
        return otherNumerics;
    }

    /** As many of a row. */
    public int otherNumerics(final int row) {
        return otherNumericsOfRow[row];
    }

    /** Why the last exchange was not complete, in one sentence that names host and layer; empty if it was. */
    public String failure() {
        return failure.sentence();
    }

    /**
     * Begins an exchange whose entries' hosts are then given by {@link #host(int, int)} and {@link #divide}.
     *
     * @param quietNs time on the clock that waits are measured by
     */
    void start(final long id, final int exchangeLayer, final RoutingPlan routed, final RowBuffer inputs,
        final HostRoster roster, final long nowNs, final long quietNs) {
        exchangeId = id;
        layer = exchangeLayer;
        plan = routed;
        epoch = roster.placement().epoch();
        startNs = nowNs;
        quietStartNs = quietNs;
        if (rows != inputs) {
            rows = inputs;
            rowFrames = new FrameRows(inputs);
        }
        final int words = (routed.entries() + Long.SIZE - 1) / Long.SIZE;
        Arrays.fill(received, 0, words, 0);
        Arrays.fill(sent, 0, words, 0);
        if (otherNumerics > 0) {
            Arrays.fill(otherNumericsOfRow, 0);
            otherNumerics = 0;
        }
        answerDropped();
        missing = routed.entries() - routed.dropped();
        outcome = missing == 0 ? ExchangeOutcome.COMPLETE : null;
        failure.clear();
        seenChanges = -1;
        for (int host = 0; host < shares.length - 1; host++) {
            shares[host].start(roster.link(host).generation(), quietNs);
        }
        nobody().start(0, quietNs);
    }

    /** What was dropped needs no host. */
    private void answerDropped() {
        for (int entry = 0; plan.dropped() > 0 && entry < plan.entries(); entry++) {
            if (plan.expert(entry) == RoutingPlan.DROPPED) {
                answers.read(entry, zeroRow, 0);
                received[entry >> 6] |= 1L << entry;
            }
        }
    }

    /** Gives an entry to a host, which has to be sent it then. */
    void host(final int entry, final int host) {
        hostOfEntry[entry] = host;
        shares[host].onGiven();
        sent[entry >> 6] &= ~(1L << entry);
    }

    /** The host that an entry was given to last. */
    int host(final int entry) {
        return hostOfEntry[entry];
    }

    /** Sorts the missing entries by host, keeping their order, and opens each host's share: a stable counting sort. */
    void divide() {
        division++;
        Arrays.fill(firstOfHost, 0);
        final int entries = plan.entries();
        for (int entry = 0; entry < entries; entry++) {
            if (!isReceived(entry)) {
                firstOfHost[hostOfEntry[entry] + 1]++;
            }
        }
        for (int host = 0; host < shares.length; host++) {
            firstOfHost[host + 1] += firstOfHost[host];
            shares[host].divide(firstOfHost[host], firstOfHost[host + 1]);
        }
        for (int entry = 0; entry < entries; entry++) {
            if (!isReceived(entry)) {
                entriesByHost[firstOfHost[hostOfEntry[entry]]++] = entry;
            }
        }
    }

    /** All that a share still misses has to be sent to its host once more. */
    void forgetSent(final HostShare share) {
        for (int index = share.first(); index < share.end(); index++) {
            final int entry = entriesByHost[index];
            sent[entry >> 6] &= ~(1L << entry);
        }
    }

    /** A frame with what a share still had to send up to an index was taken by the port. */
    void onSent(final HostShare share, final int nextIndex, final long nowNs, final long quietNs) {
        for (int index = share.cursor(); index < nextIndex; index++) {
            final int entry = entriesByHost[index];
            sent[entry >> 6] |= 1L << entry;
            share.onAsked(entry);
        }
        share.onSent(nextIndex, nowNs, quietNs);
    }

    /**
     * Takes one result row unless it is there already; bounds were checked.
     *
     * @param ofOther whether it was computed in other numerics than the decoder's
     */
    boolean take(final int entry, final DirectBuffer buffer, final int offset, final boolean ofOther) {
        if (isReceived(entry)) {
            return false;
        }
        answers.read(entry, buffer, offset);
        received[entry >> 6] |= 1L << entry;
        if (ofOther) {
            otherNumerics++;
            otherNumericsOfRow[entry / plan.topK()]++;
        }
        shares[hostOfEntry[entry]].onEntryReceived();
        if (--missing == 0 && outcome == null) {
            outcome = ExchangeOutcome.COMPLETE;
        }
        return true;
    }

    /** Ends the exchange without its rows, which are those of a share. */
    void fail(final ExchangeOutcome how, final HostShare share, final HostLink link, final long afterNs) {
        outcome = how;
        failure.set(how, link, layer, share, afterNs);
    }

    boolean isInFlight() {
        return outcome == null;
    }

    ExchangeOutcome outcome() {
        return outcome;
    }

    boolean isReceived(final int entry) {
        return (received[entry >> 6] & 1L << entry) != 0;
    }

    /** Whether the host that has the entry was not sent it yet. */
    boolean isToSend(final int entry) {
        return ((received[entry >> 6] | sent[entry >> 6]) & 1L << entry) == 0;
    }

    /** Rises whenever entries change hosts. */
    int division() {
        return division;
    }

    /** Entries ordered by host, then by row and slot. */
    int entryByHost(final int index) {
        return entriesByHost[index];
    }

    HostShare share(final int host) {
        return shares[host];
    }

    /** What no host can compute now; its number is the first that no host has. */
    HostShare nobody() {
        return shares[shares.length - 1];
    }

    /** Whether hosts have changed since this was asked last in this exchange. */
    boolean sawChange(final int changes) {
        final boolean changed = changes != seenChanges;
        seenChanges = changes;
        return changed;
    }

    RoutingPlan plan() {
        return plan;
    }

    FrameRows rowFrames() {
        return rowFrames;
    }

    long exchangeId() {
        return exchangeId;
    }

    int layer() {
        return layer;
    }

    long epoch() {
        return epoch;
    }

    long startNs() {
        return startNs;
    }

    /** As {@link #startNs()}, on the clock that waits are measured by. */
    long quietStartNs() {
        return quietStartNs;
    }
}
