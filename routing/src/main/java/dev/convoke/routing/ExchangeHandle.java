package dev.convoke.routing;

import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameRows;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Ties the two legs of an exchange: which host was asked for which entry, what has arrived, and the rows themselves.
 * Allocated once for the context's largest exchange and reused; a decoder that overlaps exchanges has one for each.
 * Owned by the decoder's thread.
 */
public final class ExchangeHandle {
    private final RowBuffer slotRows;
    private final FrameRows answers;
    private final HostShare[] shares;
    private final int[] hostOfExpert;
    private final int[] entriesByHost;
    private final int[] firstOfHost;
    private final long[] received;
    private final ExchangeFailure failure = new ExchangeFailure();
    private RowBuffer rows;
    private FrameRows rowFrames;
    private RoutingPlan plan;
    private long exchangeId;
    private long epoch;
    private long startNs;
    private int layer;
    private int missing;
    private ExchangeOutcome outcome = ExchangeOutcome.COMPLETE;

    /** Allocates for the sizes of a concluded context; the arena must outlive the handle. */
    public ExchangeHandle(final Arena arena, final RoutingContext context) {
        final RoutedModel model = context.model();
        final int capacity = context.capacityRows() * model.topK();
        final int hosts = context.hostAddresses().size();
        this.slotRows = new RowBuffer(arena, model.operandType(), capacity, model.hiddenSize());
        this.answers = new FrameRows(slotRows);
        this.shares = new HostShare[hosts];
        Arrays.setAll(shares, HostShare::new);
        this.hostOfExpert = new int[model.experts()];
        this.entriesByHost = new int[capacity];
        this.firstOfHost = new int[hosts + 1];
        this.received = new long[(capacity + Long.SIZE - 1) / Long.SIZE];
    }

    /**
     * Expert outputs, unweighted: {@code [capacityRows x topK, hidden]} in the operand type; row
     * {@code row * topK + slot} answers that entry of the plan. Valid from a complete exchange to the next dispatch.
     */
    public RowBuffer slotRows() {
        return slotRows;
    }

    /** Why the last exchange was not complete, in one sentence that names host and layer; empty if it was. */
    public String failure() {
        return failure.sentence();
    }

    /** Begins an exchange whose experts' hosts are then given by {@link #host(int, int)} and {@link #divide}. */
    void start(final long id, final int exchangeLayer, final RoutingPlan routed, final RowBuffer inputs,
        final long placementEpoch, final long nowNs) {
        exchangeId = id;
        layer = exchangeLayer;
        plan = routed;
        epoch = placementEpoch;
        startNs = nowNs;
        if (rows != inputs) {
            rows = inputs;
            rowFrames = new FrameRows(inputs);
        }
        missing = routed.entries();
        outcome = missing == 0 ? ExchangeOutcome.COMPLETE : null;
        Arrays.fill(received, 0, (missing + Long.SIZE - 1) / Long.SIZE, 0);
        failure.clear();
    }

    void host(final int expert, final int host) {
        hostOfExpert[expert] = host;
    }

    /** Sorts the entries by host, keeping their order, and opens each host's share: a stable counting sort. */
    void divide(final HostLink[] links) {
        Arrays.fill(firstOfHost, 0);
        final int entries = plan.entries();
        for (int entry = 0; entry < entries; entry++) {
            firstOfHost[hostOf(entry) + 1]++;
        }
        for (int host = 0; host < shares.length; host++) {
            firstOfHost[host + 1] += firstOfHost[host];
            shares[host].start(firstOfHost[host], firstOfHost[host + 1], links[host].generation());
        }
        for (int entry = 0; entry < entries; entry++) {
            entriesByHost[firstOfHost[hostOf(entry)]++] = entry;
        }
    }

    /** Takes one result row unless it is there already; bounds were checked. */
    boolean take(final int entry, final HostShare share, final DirectBuffer buffer, final int offset) {
        if (isReceived(entry)) {
            return false;
        }
        answers.read(entry, buffer, offset);
        received[entry >> 6] |= 1L << entry;
        share.onEntryReceived();
        if (--missing == 0 && outcome == null) {
            outcome = ExchangeOutcome.COMPLETE;
        }
        return true;
    }

    /** Ends the exchange without its rows. */
    void fail(final ExchangeOutcome how, final HostLink link, final long afterNs) {
        outcome = how;
        failure.set(how, link, layer, shares[link.host()], afterNs);
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

    int hostOf(final int entry) {
        return hostOfExpert[plan.expert(entry)];
    }

    /** Entries ordered by host, then by row and slot. */
    int entryByHost(final int index) {
        return entriesByHost[index];
    }

    HostShare share(final int host) {
        return shares[host];
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
}
