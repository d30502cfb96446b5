package dev.convoke.tensor;

/**
 * The rows of one attention call: for each row its queries, where its keys and values lie, and how far it sees. Filled
 * by the decoder before each call and read by kernels; reused without allocation.
 */
public final class AttentionBatch {
    private final KvPages pages;
    private final RowBuffer queries;
    private final RowBuffer outputs;
    private final int heads;
    private final float scale;
    private final int slidingWindow;
    private final int[] positions;
    private final int[][] pageTables;
    private int layer;
    private int rows;

    /**
     * Fixes everything that does not change from step to step.
     *
     * @param pages         where keys and values lie
     * @param queries       [rows, heads x headDim], rotated, in the operand type
     * @param outputs       [rows, heads x headDim], operand type, written by the kernel
     * @param heads         query heads, a multiple of the pages' key-value heads
     * @param scale         factor on the scores, normally headDim^-0.5
     * @param slidingWindow keys visible to a row including itself; 0 means all
     */
    public AttentionBatch(final KvPages pages, final RowBuffer queries, final RowBuffer outputs, final int heads,
        final float scale, final int slidingWindow) {
        this.pages = pages;
        this.queries = queries;
        this.outputs = outputs;
        this.heads = heads;
        this.scale = scale;
        this.slidingWindow = slidingWindow;
        this.positions = new int[queries.capacity()];
        this.pageTables = new int[queries.capacity()][];
    }

    /** Starts a batch of no rows for one layer. */
    public void start(final int layer) {
        this.layer = layer;
        this.rows = 0;
    }

    /**
     * Adds the next row.
     *
     * @param position  absolute position; the row sees positions up to and including it
     * @param pageTable page numbers of the row's sequence: entry p holds positions 16p to 16p + 15
     */
    public void add(final int position, final int[] pageTable) {
        positions[rows] = position;
        pageTables[rows] = pageTable;
        rows++;
    }

    /** Where keys and values lie. */
    public KvPages pages() {
        return pages;
    }

    /** [rows, heads x headDim]. */
    public RowBuffer queries() {
        return queries;
    }

    /** [rows, heads x headDim]. */
    public RowBuffer outputs() {
        return outputs;
    }

    /** Query heads. */
    public int heads() {
        return heads;
    }

    /** Query heads that share one key-value head. */
    public int groupSize() {
        return heads / pages.kvHeads();
    }

    /** Factor on the scores. */
    public float scale() {
        return scale;
    }

    /** Keys visible to a row including itself; 0 means all. */
    public int slidingWindow() {
        return slidingWindow;
    }

    /** The layer whose keys and values are read. */
    public int layer() {
        return layer;
    }

    /** Rows added since {@link #start}. */
    public int rows() {
        return rows;
    }

    /** Absolute position of a row: the last key it sees. */
    public int position(final int row) {
        return positions[row];
    }

    /** The first key a row sees. */
    public int firstVisible(final int row) {
        return slidingWindow == 0 ? 0 : Math.max(0, positions[row] - slidingWindow + 1);
    }

    /** Page numbers of the row's sequence. */
    public int[] pageTable(final int row) {
        return pageTables[row];
    }
}
