package dev.convoke.loadbalance.trace;

import dev.convoke.core.DType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Makes the bytes of a routing trace, piece by piece: the header, then labels and steps, then the end. Each piece is
 * valid until the next one is made, and counts against the trace's bound. Owned by one thread.
 */
public final class TraceEncoder {
    private static final int END_BYTES = TraceFormat.BLOCK_FRAME_BYTES + TraceFormat.END_CONTENT_BYTES;

    private final TraceHeader header;
    private final int expertBits;
    private final BlockBytes bytes = new BlockBytes();
    private long written;
    private long steps;
    private long rows;
    private long lastStep = -1;
    private long lastTimeUs;
    private int labels;

    /** For one trace. */
    public TraceEncoder(final TraceHeader header) {
        this.header = header;
        this.expertBits = TraceFormat.expertBits(header.experts());
    }

    /** The first piece. */
    public ByteBuffer header() {
        final byte[] name = header.model().getBytes(StandardCharsets.UTF_8);
        final int length = TraceFormat.HEADER_FIXED_BYTES + name.length + TraceFormat.CHECKSUM_BYTES;
        bytes.start(length)
            .putLong(TraceFormat.MAGIC)
            .putShort((short)TraceFormat.VERSION)
            .putShort((short)length)
            .putShort((short)0)
            .putShort((short)header.numerics().value())
            .putLong(header.fingerprint().value())
            .putShort((short)header.layers())
            .putShort((short)header.experts())
            .put((byte)header.topK())
            .put((byte)(header.operandType() == DType.F32 ? 0 : 1))
            .putInt(header.mostRows())
            .putLong(header.mostBytes())
            .putShort((short)name.length)
            .put(name);
        return counted(bytes.sealed());
    }

    /** Whether a step, its labels and the end still fit within the trace's bound. */
    public boolean fits(final TraceStep step) {
        final long mostLabels = (long)Math.min(step.runs(), TraceLimits.MOST_LABELS)
            * (TraceFormat.BLOCK_FRAME_BYTES + 1 + TraceLimits.MOST_LABEL_BYTES);
        return written + mostLabels + mostBytes(step) + END_BYTES <= header.mostBytes();
    }

    private long mostBytes(final TraceStep step) {
        return TraceFormat.mostStepBytes(header, step.runs(), step.routedLayers(), step.rows());
    }

    /** Names the next label, from 1; before the first step that uses it. */
    public ByteBuffer label(final String label) {
        if (labels == TraceLimits.MOST_LABELS || !TraceLimits.isLabel(label)) {
            throw new IllegalArgumentException("label " + (labels + 1) + ": '" + label + "'");
        }
        labels++;
        final byte[] text = label.getBytes(StandardCharsets.UTF_8);
        bytes.startBlock(TraceFormat.BLOCK_FRAME_BYTES + 1L + text.length).put((byte)labels).put(text);
        return counted(bytes.finish(TraceFormat.LABEL));
    }

    /** Labels named so far. */
    public int labels() {
        return labels;
    }

    /** A step, later than those before. */
    public ByteBuffer step(final TraceStep step) {
        bytes.startBlock(mostBytes(step));
        bytes.putVarint(step.number() - lastStep - 1);
        bytes.putVarint(step.timeUs() - lastTimeUs);
        putRuns(step);
        putRoutes(step);
        lastStep = step.number();
        lastTimeUs = step.timeUs();
        steps++;
        rows += step.rows();
        return counted(bytes.finish(TraceFormat.STEP));
    }

    private void putRuns(final TraceStep step) {
        bytes.putVarint(step.runs());
        long last = 0;
        for (int run = 0; run < step.runs(); run++) {
            bytes.putSigned(step.sequence(run) - last);
            last = step.sequence(run);
            bytes.putVarint(step.position(run));
            bytes.putVarint(2L * (step.rows(run) - 1) + (step.isDecode(run) ? 1 : 0));
            bytes.putVarint(step.label(run));
        }
    }

    private void putRoutes(final TraceStep step) {
        for (int layer = 0; layer < header.layers(); layer++) {
            bytes.putBits(step.isRouted(layer) ? 1 : 0, 1);
        }
        bytes.flushBits();
        for (int layer = 0; layer < header.layers(); layer++) {
            for (int row = 0; step.isRouted(layer) && row < step.rows(); row++) {
                for (int slot = 0; slot < header.topK(); slot++) {
                    bytes.putBits(step.expert(layer, row, slot), expertBits);
                }
            }
        }
        bytes.flushBits();
    }

    /** The last piece; tells how many steps and rows came before it. */
    public ByteBuffer end(final long droppedSteps, final TraceEnd.Reason reason) {
        return counted(endOf(new TraceEnd(steps, rows, droppedSteps, reason)));
    }

    /** The last piece of a trace that somebody else made and did not end. */
    public static ByteBuffer endOf(final TraceEnd end) {
        final BlockBytes block = new BlockBytes();
        block.startBlock(END_BYTES).putLong(end.steps()).putLong(end.rows()).putLong(end.droppedSteps())
            .put((byte)end.reason().ordinal());
        return block.finish(TraceFormat.END);
    }

    /** Bytes made so far. */
    public long written() {
        return written;
    }

    /** Steps made so far. */
    public long steps() {
        return steps;
    }

    private ByteBuffer counted(final ByteBuffer piece) {
        written += piece.remaining();
        return piece;
    }
}
