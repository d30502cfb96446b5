package dev.convoke.routing;

import dev.convoke.core.ConfigurationException;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.codec.DispatchEncoder;
import dev.convoke.transport.codec.MessageHeaderEncoder;
import org.agrona.MutableDirectBuffer;

/**
 * Writes dispatch frames, each of whole rows: a row lies in it once with all the experts that its host is asked for. A
 * frame is chosen first and written when a port has room for it. Remembers what was chosen last, so that offering it
 * again costs nothing.
 */
final class DispatchWriter {
    private static final byte[] NO_TAG = new byte[0];
    /** Of a frame that is not a share's next one. */
    private static final int NO_DIVISION = -1;
    private static final int FIXED_BYTES = MessageHeaderEncoder.ENCODED_LENGTH + DispatchEncoder.BLOCK_LENGTH
        + DispatchEncoder.AssignmentsEncoder.HEADER_SIZE + DispatchEncoder.rowsHeaderLength()
        + DispatchEncoder.authenticationTagHeaderLength();

    private final RoutedModel model;
    private final FrameIdentity identity;
    private final HostRoster roster;
    private final int rowBytes;
    private final int rowsPerFrame;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final DispatchEncoder dispatch = new DispatchEncoder();
    private final int[] entries;
    private ExchangeHandle heldHandle;
    private HostShare heldShare;
    private long heldExchangeId;
    private int heldDivision;
    private int heldAttempt;
    private int heldCursor;
    private int length;
    private int nextIndex;
    private int rowCount;
    private int assignments;
    private int answerCopies = 1;

    /**
     * Of one decoder.
     *
     * @param identity       what all its frames share
     * @param roster         tells what hosts compute
     * @param preferredBytes how long frames had best be; a longer one is written where a row needs it
     */
    DispatchWriter(final RoutedModel model, final FrameIdentity identity, final HostRoster roster,
        final int preferredBytes, final int maxFrameBytes) {
        this.model = model;
        this.roster = roster;
        this.identity = identity;
        this.rowBytes = model.hiddenSize() * model.operandType().bytes();
        this.rowsPerFrame = Math.max(rowsIn(preferredBytes), Math.min(1, rowsIn(maxFrameBytes)));
        if (rowsPerFrame < 1) {
            throw new ConfigurationException("A row of " + model.hiddenSize() + " elements does not fit into frames of "
                + maxFrameBytes + " bytes; raise max-frame-bytes to " + bytes(1, model.topK()) + " or more.");
        }
        this.entries = new int[rowsPerFrame * model.topK()];
    }

    private int rowsIn(final int frameBytes) {
        return Math.min((frameBytes - FIXED_BYTES) / (bytes(1, model.topK()) - FIXED_BYTES),
            DispatchEncoder.AssignmentsEncoder.countMaxValue() / model.topK());
    }

    private int bytes(final int rows, final int rowAssignments) {
        return FIXED_BYTES + rows * rowBytes + rowAssignments * DispatchEncoder.AssignmentsEncoder.sbeBlockLength();
    }

    /** How many frames it takes to send what a share has still to send. */
    int frames(final ExchangeHandle handle, final HostShare share) {
        int rows = 0;
        int lastRow = -1;
        for (int index = share.first(); index < share.end(); index++) {
            final int entry = handle.entryByHost(index);
            final int row = entry / model.topK();
            if (row != lastRow && handle.isToSend(entry)) {
                rows++;
                lastRow = row;
            }
        }
        return (rows + rowsPerFrame - 1) / rowsPerFrame;
    }

    /** Chooses the next frame of a share; returns its length, or 0 when nothing is to be sent from its cursor on. */
    int choose(final ExchangeHandle handle, final HostShare share) {
        if (heldShare == share && heldExchangeId == handle.exchangeId() && heldAttempt == share.attempt()
            && heldCursor == share.cursor() && heldDivision == handle.division()) {
            return length;
        }
        heldHandle = handle;
        heldShare = share;
        heldExchangeId = handle.exchangeId();
        heldDivision = handle.division();
        heldAttempt = share.attempt();
        heldCursor = share.cursor();
        collect(handle, share);
        length = assignments == 0 ? 0 : bytes(rowCount, assignments);
        return length;
    }

    /** Chooses a frame with as many entries of one expert as it holds; returns its length. */
    int chooseExpert(final ExchangeHandle handle, final HostShare share, final int expert) {
        heldHandle = handle;
        heldShare = share;
        heldDivision = NO_DIVISION;
        assignments = 0;
        rowCount = 0;
        final RoutingPlan plan = handle.plan();
        final int end = Math.min(plan.firstOf(expert + 1), plan.firstOf(expert) + rowsPerFrame);
        for (int index = plan.firstOf(expert); index < end; index++) {
            entries[assignments++] = plan.entryByExpert(index);
            rowCount++;
        }
        length = bytes(rowCount, assignments);
        answerCopies = 1;
        return length;
    }

    /** Collects the entries of the next frame and counts its rows. */
    private void collect(final ExchangeHandle handle, final HostShare share) {
        int lastRow = -1;
        assignments = 0;
        rowCount = 0;
        for (nextIndex = share.cursor(); nextIndex < share.end(); nextIndex++) {
            final int entry = handle.entryByHost(nextIndex);
            if (!handle.isToSend(entry)) {
                continue;
            }
            final int row = entry / model.topK();
            if (row != lastRow) {
                if (rowCount == rowsPerFrame) {
                    break;
                }
                rowCount++;
                lastRow = row;
            }
            entries[assignments++] = entry;
        }
    }

    /** Has the frame chosen last answered so often. */
    void answerCopies(final int copies) {
        answerCopies = copies;
    }

    /** Bytes of the frame chosen last and of the rows that answer it. */
    int roundTripBytes() {
        return length + assignments * rowBytes;
    }

    /** Writes the frame chosen last. */
    void writeTo(final MutableDirectBuffer buffer, final int offset) {
        final ExchangeHandle handle = heldHandle;
        final HostShare share = heldShare;
        dispatch.wrapAndApplyHeader(buffer, offset, header);
        identity.numericsId(roster.link(share.host()).numericsId()).exchangeId(handle.exchangeId())
            .layer(handle.layer()).attempt(share.attempt()).part(share.part(), share.parts())
            .writeTo(dispatch.identity());
        dispatch.epoch(handle.epoch()).hiddenSize(model.hiddenSize()).rowCount(rowCount)
            .answerCopies((short)answerCopies);
        final DispatchEncoder.AssignmentsEncoder group = dispatch.assignmentsCount(assignments);
        int dataRow = -1;
        int lastRow = -1;
        for (int i = 0; i < assignments; i++) {
            final int entry = entries[i];
            final int row = entry / model.topK();
            dataRow += row == lastRow ? 0 : 1;
            lastRow = row;
            group.next().row(row).dataRow(dataRow).expert(handle.plan().expert(entry))
                .slot((short)(entry - row * model.topK())).padding((short)0)
                .inputScale(DispatchEncoder.AssignmentsEncoder.inputScaleNullValue());
        }
        dispatch.putAuthenticationTag(NO_TAG, 0, 0);
        writeRows(handle, buffer);
    }

    /** The rows themselves, copied once from where the decoder keeps them. */
    private void writeRows(final ExchangeHandle handle, final MutableDirectBuffer buffer) {
        final int start = dispatch.limit();
        int offset = start + DispatchEncoder.rowsHeaderLength();
        int lastRow = -1;
        for (int i = 0; i < assignments; i++) {
            final int row = entries[i] / model.topK();
            if (row != lastRow) {
                offset += handle.rowFrames().write(row, buffer, offset);
                lastRow = row;
            }
        }
        buffer.putInt(start, offset - start - DispatchEncoder.rowsHeaderLength(), DispatchEncoder.BYTE_ORDER);
        dispatch.limit(offset);
    }

    /** An entry of the frame chosen last. */
    int entry(final int assignment) {
        return entries[assignment];
    }

    /** Entries of the frame chosen last. */
    int assignments() {
        return assignments;
    }

    /** Where the share goes on after the frame chosen last. */
    int nextIndex() {
        return nextIndex;
    }

    /** Rows in the frame chosen last. */
    int rowCount() {
        return rowCount;
    }
}
