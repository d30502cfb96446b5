package dev.convoke.tensorcuda;

/** What a grouped kernel needs beside its operands; the formula is the launch contract's. */
final class Workspace {
    /** It starts at a multiple of this. */
    static final int ALIGNMENT = 1024;

    private static final int ROW_TILE = 8;

    private Workspace() {
    }

    /**
     * Bytes.
     *
     * @param rows   capacity of the launches that share it; fixes where things lie in it, as groups do
     * @param middle width of the experts, or 0 for a single product
     */
    static long bytes(final int rows, final int groups, final int inputs, final int middle) {
        final long used = Math.min(groups, rows);
        final long tiledRows = up(rows + (ROW_TILE - 1) * used, ROW_TILE);
        return counterBytes(rows, groups) + 2 * tiledRows * (up(inputs, WeightLayout.BLOCK_INPUTS)
            + (middle == 0 ? 0 : up(middle, WeightLayout.BLOCK_INPUTS)));
    }

    /** The first bytes, which must be zero before the first launch; each launch leaves them so. */
    static long counterBytes(final int rows, final int groups) {
        return up(4 * (32 + 2 * (Math.min(groups, rows) + rows / 64L)), ALIGNMENT);
    }

    private static long up(final long value, final int multiple) {
        return (value + multiple - 1) / multiple * multiple;
    }
}
