package dev.convoke.tensor;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory of the paged key-value cache: pages of {@link #PAGE_TOKENS} positions, for every layer and key-value head a
 * key block and a value block. Which sequence holds which page is the decoder's affair (PagedAttention, Kwon et al.,
 * 2023).
 *
 * <p>Layout of one (page, layer, head), so that scores run with lanes across keys and values with lanes across
 * dimensions, whatever the vector width:
 * <pre>
 *   keys, bf16  [headDim / 2][PAGE_TOKENS][2]   element (d, token) at ((d / 2) * 16 + token) * 2 + d % 2
 *   keys, f32   [headDim][PAGE_TOKENS]          element (d, token) at d * 16 + token
 *   values      [PAGE_TOKENS][headDim]          element (token, d) at token * headDim + d
 * </pre>
 * where headDim is padded to a multiple of 32. Padding is zero and stays zero. Elements are in the operand type.
 */
public final class KvPages {
    /** Positions in a page. */
    public static final int PAGE_TOKENS = 16;

    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;

    private final MemorySegment segment;
    private final DType dtype;
    private final int pages;
    private final int layers;
    private final int kvHeads;
    private final int headDim;
    private final int paddedHeadDim;

    /** Allocates zeroed pages from the arena, whose owner frees them. */
    public KvPages(final Arena arena, final DType dtype, final int pages, final int layers, final int kvHeads,
        final int headDim) {
        if (headDim % 2 != 0) {
            throw new IllegalArgumentException("head dimension " + headDim + " is odd");
        }
        this.dtype = dtype;
        this.pages = pages;
        this.layers = layers;
        this.kvHeads = kvHeads;
        this.headDim = headDim;
        this.paddedHeadDim = padded(headDim);
        this.segment = arena.allocate(pages * pageBytes(), 64);
    }

    /** Bytes that one page takes over all layers and heads. */
    public long pageBytes() {
        return pageBytes(dtype, layers, kvHeads, headDim);
    }

    /** Bytes that one page of such a shape takes over all layers and heads. */
    public static long pageBytes(final DType dtype, final int layers, final int kvHeads, final int headDim) {
        return (long)layers * kvHeads * 2 * padded(headDim) * PAGE_TOKENS * dtype.bytes();
    }

    private static int padded(final int headDim) {
        return RowBuffer.paddedToBlock(headDim);
    }

    private long headElements() {
        return (long)paddedHeadDim * PAGE_TOKENS;
    }

    /** Index of the first key element of a (page, layer, head). */
    public long keyIndex(final int page, final int layer, final int head) {
        return (((long)page * layers + layer) * kvHeads + head) * 2 * headElements();
    }

    /** Where an element of a key lies, relative to {@link #keyIndex}. */
    public long keyOffset(final int d, final int token) {
        return dtype == DType.F32
            ? (long)d * PAGE_TOKENS + token
            : ((long)(d >> 1) * PAGE_TOKENS + token) * 2 + (d & 1);
    }

    /** Index of the first value element of a (page, layer, head). */
    public long valueIndex(final int page, final int layer, final int head) {
        return keyIndex(page, layer, head) + headElements();
    }

    /**
     * Stores the key and value of one position for all heads. The rows are already in the operand type, so nothing
     * is rounded here.
     *
     * @param slot   position within the page
     * @param keys   [rows, kvHeads x headDim], rotated
     * @param values [rows, kvHeads x headDim]
     */
    public void store(final int page, final int layer, final int slot, final RowBuffer keys, final RowBuffer values,
        final int row) {
        final int headBytes = headDim * dtype.bytes();
        for (int head = 0; head < kvHeads; head++) {
            storeKey(keyIndex(page, layer, head) * dtype.bytes(), slot, keys,
                keys.rowOffsetBytes(row) + (long)head * headBytes);
            MemorySegment.copy(values.segment(), values.rowOffsetBytes(row) + (long)head * headBytes, segment,
                (valueIndex(page, layer, head) + (long)slot * paddedHeadDim) * dtype.bytes(), headBytes);
        }
    }

    /** A float or a pair of bf16 is four bytes, and each goes into a row of its own. */
    private void storeKey(final long block, final int slot, final RowBuffer keys, final long key) {
        final int headBytes = headDim * dtype.bytes();
        for (int offset = 0; offset < headBytes; offset += Integer.BYTES) {
            segment.set(WORD, block + (long)offset * PAGE_TOKENS + (long)slot * Integer.BYTES,
                keys.segment().get(WORD, key + offset));
        }
    }

    /** The whole memory. */
    public MemorySegment segment() {
        return segment;
    }

    /** Operand type. */
    public DType dtype() {
        return dtype;
    }

    /** How many pages there are. */
    public int pages() {
        return pages;
    }

    /** Layers of each page. */
    public int layers() {
        return layers;
    }

    /** Key-value heads. */
    public int kvHeads() {
        return kvHeads;
    }

    /** Elements of a head that carry values. */
    public int headDim() {
        return headDim;
    }

    /** {@link #headDim()} padded to a multiple of 32. */
    public int paddedHeadDim() {
        return paddedHeadDim;
    }
}
