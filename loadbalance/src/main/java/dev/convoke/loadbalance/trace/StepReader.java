package dev.convoke.loadbalance.trace;

import java.nio.ByteBuffer;

/** Reads the content of step blocks; what is wrong with one comes back in words, and nothing is thrown. */
final class StepReader {
    private static final int SEVEN_BITS = 7;
    private static final int LOW_BITS = 0x7f;
    /** Of numbers of steps and sequences and of times: differences of two of them fit into a signed number. */
    private static final long LARGEST = (1L << 62) - 1;
    private static final String TOO_SHORT = "a step's numbers do not fit into its block";

    private final TraceHeader header;
    private final int expertBits;
    private long lastStep = -1;
    private long lastTimeUs;

    private ByteBuffer bytes;
    private int end;
    private boolean failed;

    StepReader(final TraceHeader header) {
        this.header = header;
        this.expertBits = TraceFormat.expertBits(header.experts());
    }

    /**
     * Reads one step.
     *
     * @param content    positioned at its first byte
     * @param contentEnd position after its last byte
     * @param labels     how many are known, the empty one included
     * @return what is wrong, or null
     */
    String read(final ByteBuffer content, final int contentEnd, final int labels, final TraceStep step) {
        bytes = content;
        end = contentEnd;
        failed = false;
        final long skipped = varint(LARGEST);
        final long passedUs = varint(LARGEST);
        if (failed || skipped > LARGEST - lastStep || passedUs > LARGEST - lastTimeUs) {
            return failed ? TOO_SHORT : "a step's number or time is out of range";
        }
        lastStep += skipped + 1;
        lastTimeUs += passedUs;
        step.start(lastStep, lastTimeUs);
        final String fault = readRuns(labels, step);
        return fault != null ? fault : readRoutes(step);
    }

    private String readRuns(final int labels, final TraceStep step) {
        final long runs = varint(header.mostRows());
        long sequence = 0;
        for (long run = 0; run < runs && !failed; run++) {
            final long delta = varint(Long.MAX_VALUE);
            sequence += delta >>> 1 ^ -(delta & 1);
            final long position = varint(Integer.MAX_VALUE);
            final long countAndKind = varint(2L * header.mostRows() - 1);
            final long label = varint(labels - 1L);
            if (failed || sequence < 0 || sequence > LARGEST) {
                return "a step's rows are out of range";
            }
            final long count = (countAndKind >> 1) + 1;
            if (step.rows() + count > header.mostRows() || position + count > Integer.MAX_VALUE) {
                return "a step has more rows than the " + header.mostRows() + " that its header allows";
            }
            step.addRun(sequence, (int)position, (int)count, (countAndKind & 1) == 1, (int)label);
        }
        return failed || runs == 0 ? "a step has no rows, or too many runs of them" : null;
    }

    private String readRoutes(final TraceStep step) {
        final int mask = bytes.position();
        final int maskBytes = TraceFormat.layerMaskBytes(header);
        if (end - mask < maskBytes) {
            return TOO_SHORT;
        }
        int layers = 0;
        for (int layer = 0; layer < Byte.SIZE * maskBytes; layer++) {
            final boolean routed = (bytes.get(mask + (layer >> 3)) >> (layer & 7) & 1) == 1;
            if (routed && layer >= header.layers()) {
                return "a step has routes of a layer that its header does not have";
            }
            layers += routed ? 1 : 0;
        }
        bytes.position(mask + maskBytes);
        if (layers == 0 || TraceFormat.packedBytes(header, layers, step.rows()) != end - bytes.position()) {
            return "a step's routes do not fill its block";
        }
        return unpack(mask, step);
    }

    private String unpack(final int mask, final TraceStep step) {
        long bits = 0;
        int count = 0;
        for (int layer = 0; layer < header.layers(); layer++) {
            if ((bytes.get(mask + (layer >> 3)) >> (layer & 7) & 1) == 0) {
                continue;
            }
            step.addLayer(layer);
            for (int entry = 0; entry < step.rows() * header.topK(); entry++) {
                while (count < expertBits) {
                    bits |= (bytes.get() & 0xffL) << count;
                    count += Byte.SIZE;
                }
                final int expert = (int)(bits & (1L << expertBits) - 1);
                bits >>>= expertBits;
                count -= expertBits;
                if (expert >= header.experts()
                    || !addDistinct(step, layer, entry / header.topK(), entry % header.topK(), expert)) {
                    return "a row chose an expert that does not exist, or one twice";
                }
            }
        }
        return bits == 0 ? null : "a step's last bits are not zero";
    }

    private static boolean addDistinct(final TraceStep step, final int layer, final int row, final int slot,
        final int expert) {
        for (int before = 0; before < slot; before++) {
            if (step.expert(layer, row, before) == expert) {
                return false;
            }
        }
        step.choose(layer, row, slot, expert);
        return true;
    }

    /** A number of 0 to the largest; else 0, and the reader has failed. */
    private long varint(final long largest) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE && bytes.position() < end; shift += SEVEN_BITS) {
            final byte next = bytes.get();
            value |= (long)(next & LOW_BITS) << shift;
            if (next >= 0) {
                final boolean inRange = value >= 0 && value <= largest;
                failed |= !inRange;
                return inRange ? value : 0;
            }
        }
        failed = true;
        return 0;
    }
}
