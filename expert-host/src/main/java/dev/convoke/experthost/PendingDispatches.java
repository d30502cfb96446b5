package dev.convoke.experthost;

import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FrameRows;
import dev.convoke.transport.codec.DispatchDecoder;
import java.lang.foreign.Arena;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;

/**
 * Dispatches that were taken and are not answered yet: whom to answer, which expert wants which row, and the rows, a
 * row once however many experts want it. Filled while polling, emptied as a whole.
 */
final class PendingDispatches {
    /** Most frames there can ever be. */
    static final int MAX_FRAMES = 1024;
    /** Assignments held for each row held, beyond those of one whole frame. */
    private static final int ASSIGNMENTS_PER_ROW = 4;

    private final NanoClock clock;
    private final int frameRows;
    private final int frameAssignments;
    private final RowBuffer rows;
    private final FrameRows rowBridge;
    private final FrameIdentity[] identity = new FrameIdentity[MAX_FRAMES];
    private final int[] peer = new int[MAX_FRAMES];
    private final long[] arrivedNs = new long[MAX_FRAMES];
    private final int[] answerCopies = new int[MAX_FRAMES];
    private final int[] firstAssignment = new int[MAX_FRAMES + 1];
    private final int[] frame;
    private final int[] row;
    private final int[] slot;
    private final int[] expert;
    private final int[] heldRow;
    private final float[] inputScale;
    private int frames;
    private int rowsHeld;
    /** Parts that frames held announce and that have not come. */
    private int announced;

    PendingDispatches(final ExpertHostContext context, final Arena arena) {
        clock = context.clock();
        final int frameBytes = context.port().maxFrameBytes();
        frameRows = WireLimits.dispatchRows(frameBytes, context.rowBytes());
        frameAssignments = WireLimits.dispatchAssignments(frameBytes);
        rows = new RowBuffer(arena, context.bank().dtype(), context.pendingRows(), context.bank().model().hiddenSize());
        rowBridge = new FrameRows(rows);
        for (int i = 0; i < MAX_FRAMES; i++) {
            identity[i] = new FrameIdentity();
        }
        final int capacity = context.pendingRows() * ASSIGNMENTS_PER_ROW + frameAssignments;
        frame = new int[capacity];
        row = new int[capacity];
        slot = new int[capacity];
        expert = new int[capacity];
        heldRow = new int[capacity];
        inputScale = new float[capacity];
    }

    /** How many more frames certainly fit, whatever they bring. */
    int room() {
        final int byRows = (rows.capacity() - rowsHeld) / frameRows;
        final int byAssignments = (frame.length - assignments()) / frameAssignments;
        return Math.min(MAX_FRAMES - frames, Math.min(byRows, byAssignments));
    }

    /** Takes a dispatch for which there is {@link #room}, whose bounds and experts have been checked. */
    void add(final int fromPeer, final FrameIdentity dispatchIdentity, final DispatchDecoder dispatch,
        final DirectBuffer buffer) {
        identity[frames].copyFrom(dispatchIdentity);
        peer[frames] = fromPeer;
        answerCopies[frames] = dispatch.answerCopies();
        announce(dispatchIdentity.part(), dispatchIdentity.parts());
        int next = assignments();
        final DispatchDecoder.AssignmentsDecoder group = dispatch.assignments();
        while (group.hasNext()) {
            group.next();
            frame[next] = frames;
            row[next] = group.row();
            slot[next] = group.slot();
            expert[next] = group.expert();
            heldRow[next] = rowsHeld + group.dataRow();
            inputScale[next] = group.inputScale();
            next++;
        }
        int offset = FrameRows.first(buffer, dispatch.limit());
        for (int i = dispatch.rowCount(); i > 0; i--) {
            offset += rowBridge.read(rowsHeld, buffer, offset);
            rowsHeld++;
        }
        arrivedNs[frames] = clock.nanoTime();
        frames++;
        firstAssignment[frames] = next;
    }

    /**
     * Parts follow one another, so each is the one that the part before announced and announces the one after it. One
     * whose forerunner is no longer held may be taken for another's: then a wait ends too early, which does no harm.
     */
    private void announce(final int part, final int parts) {
        if (part > 0 && announced > 0) {
            announced--;
        }
        if (part + 1 < parts) {
            announced++;
        }
    }

    /** Forgets everything. */
    void clear() {
        frames = 0;
        rowsHeld = 0;
        announced = 0;
    }

    /** Whether exchanges have further parts that have not come and for which there is room. */
    boolean isIncomplete() {
        return announced > 0 && room() > 0;
    }

    /** Parts that have not come are not awaited any longer. */
    void complete() {
        announced = 0;
    }

    /** When the last frame came. */
    long lastArrivedNs() {
        return arrivedNs[frames - 1];
    }

    boolean isEmpty() {
        return frames == 0;
    }

    /** Frames held; they are numbered from 0 in order of arrival. */
    int frames() {
        return frames;
    }

    /** Whose frame it is. */
    FrameIdentity identity(final int frameIndex) {
        return identity[frameIndex];
    }

    /** Where its answer goes. */
    int peer(final int frameIndex) {
        return peer[frameIndex];
    }

    /** When it had come, with all its rows. */
    long arrivedNs(final int frameIndex) {
        return arrivedNs[frameIndex];
    }

    /** How often each frame of its answer is wanted. */
    int answerCopies(final int frameIndex) {
        return answerCopies[frameIndex];
    }

    /** A frame's assignments start here and end where those of the next one start. */
    int firstAssignment(final int frameIndex) {
        return firstAssignment[frameIndex];
    }

    /** Assignments of all frames. */
    int assignments() {
        return firstAssignment[frames];
    }

    /** Most assignments there can ever be. */
    int capacity() {
        return frame.length;
    }

    /** The frame an assignment belongs to. */
    int frame(final int assignment) {
        return frame[assignment];
    }

    /** The row's number within its exchange. */
    int row(final int assignment) {
        return row[assignment];
    }

    /** Which of the row's choices it is. */
    int slot(final int assignment) {
        return slot[assignment];
    }

    /** The expert that wants the row. */
    int expert(final int assignment) {
        return expert[assignment];
    }

    /** Where the row lies in {@link #rows()}. */
    int heldRow(final int assignment) {
        return heldRow[assignment];
    }

    /** What the row is multiplied by before the expert; NaN means nothing. */
    float inputScale(final int assignment) {
        return inputScale[assignment];
    }

    /** Hidden rows, [pendingRows, hidden] in the operand type. */
    RowBuffer rows() {
        return rows;
    }
}
