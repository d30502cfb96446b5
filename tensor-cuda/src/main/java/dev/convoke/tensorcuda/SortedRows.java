package dev.convoke.tensorcuda;

import dev.convoke.tensor.FfnShape;
import dev.convoke.tensor.PackedFfn;

/** What a batch was given: experts, the rows of each, and where the results come to lie. One thread's. */
final class SortedRows {
    private final DeviceFfn[] experts;
    /** A group's rows start here and end where those of the next one start. */
    private final int[] first;
    private final int[] source;
    private final float[] scale;
    private final int[] output;
    private boolean scaled;
    private int groups;
    private int leastSource;
    private int mostSource;

    SortedRows(final FfnShape shape) {
        experts = new DeviceFfn[shape.groups()];
        first = new int[shape.groups() + 1];
        source = new int[shape.rows()];
        scale = new float[shape.rows()];
        output = new int[shape.rows()];
    }

    void clear() {
        groups = 0;
        scaled = false;
        leastSource = Integer.MAX_VALUE;
        mostSource = -1;
    }

    void addGroup(final PackedFfn expert) {
        experts[groups] = (DeviceFfn)expert;
        first[groups + 1] = first[groups];
        groups++;
    }

    void addRow(final int row, final float factor) {
        final int at = first[groups]++;
        source[at] = row;
        leastSource = Math.min(leastSource, row);
        mostSource = Math.max(mostSource, row);
        scaled |= !Float.isNaN(factor);
        scale[at] = Float.isNaN(factor) ? 1 : factor;
    }

    int groups() {
        return groups;
    }

    int rows() {
        return first[groups];
    }

    DeviceFfn expert(final int group) {
        return experts[group];
    }

    /** The first row of a group; of the group behind the last, how many rows there are. */
    int first(final int group) {
        return first[group];
    }

    /** Rows of a group. */
    int count(final int group) {
        return first[group + 1] - first[group];
    }

    /** Which row of the source a row is. */
    int source(final int row) {
        return source[row];
    }

    /** What a row is multiplied by. */
    float scale(final int row) {
        return scale[row];
    }

    /** Whether any row is multiplied by something. */
    boolean isScaled() {
        return scaled;
    }

    /** The first row of the source that is wanted. */
    int leastSource() {
        return leastSource;
    }

    /** The last one. */
    int mostSource() {
        return mostSource;
    }

    /** Where the result of a row comes to lie. */
    int output(final int row) {
        return output[row];
    }

    void output(final int row, final int at) {
        output[row] = at;
    }
}
