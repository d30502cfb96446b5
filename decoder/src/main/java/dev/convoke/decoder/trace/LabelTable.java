package dev.convoke.decoder.trace;

import dev.convoke.loadbalance.trace.TraceLimits;

/**
 * Numbers labels in order of their first appearance, without allocating. Written by the decoder's thread; another one
 * may read a label once it has taken a step that uses it from the ring.
 */
final class LabelTable {
    private static final int SLOTS = 4 * TraceLimits.MOST_LABELS;

    private final String[] labels = new String[TraceLimits.MOST_LABELS + 1];
    private final int[] indexes = new int[SLOTS];
    private int count;

    LabelTable() {
        labels[0] = "";
    }

    /** The number of a label; 0, as if it were none, for what is no label or one too many. */
    int indexOf(final String label) {
        if (label.isEmpty()) {
            return 0;
        }
        int slot = label.hashCode() & SLOTS - 1;
        while (indexes[slot] != 0) {
            if (labels[indexes[slot]].equals(label)) {
                return indexes[slot];
            }
            slot = slot + 1 & SLOTS - 1;
        }
        if (count == TraceLimits.MOST_LABELS || !TraceLimits.isLabel(label)) {
            return 0;
        }
        labels[++count] = label;
        indexes[slot] = count;
        return count;
    }

    String label(final int index) {
        return labels[index];
    }
}
