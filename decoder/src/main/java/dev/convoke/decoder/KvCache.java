package dev.convoke.decoder;

/** Which sequence holds which page of the key-value cache. Owned by the decoder's thread; allocates at the start. */
final class KvCache {
    private final int[] free;
    private final int[] holders;
    private int freeCount;

    KvCache(final int pages) {
        free = new int[pages];
        holders = new int[pages];
        freeCount = pages;
        for (int i = 0; i < pages; i++) {
            free[i] = pages - 1 - i;
        }
    }

    int pages() {
        return free.length;
    }

    int freePages() {
        return freeCount;
    }

    /** Pages that a sequence lacks to hold so many positions. */
    static int lacking(final Sequence sequence, final int positions) {
        return Math.max(0, Sequence.pagesFor(positions) - sequence.pages());
    }

    /** Gives a sequence all the pages it lacks to hold so many positions, or none. */
    boolean tryReserve(final Sequence sequence, final int positions) {
        final int wanted = lacking(sequence, positions);
        if (wanted > freeCount) {
            return false;
        }
        for (int i = 0; i < wanted; i++) {
            final int page = free[--freeCount];
            holders[page] = 1;
            sequence.addPage(page);
        }
        return true;
    }

    /** Lets a sequence without pages hold another one's first pages, too. Nobody writes to them any more. */
    void share(final Sequence from, final Sequence to, final int pages) {
        for (int i = 0; i < pages; i++) {
            final int page = from.pageTable()[i];
            holders[page]++;
            to.addPage(page);
        }
    }

    /** Lets go of all pages; those that nobody else holds are free. */
    void release(final Sequence sequence) {
        while (sequence.pages() > 0) {
            final int page = sequence.removePage();
            if (--holders[page] == 0) {
                free[freeCount++] = page;
            }
        }
    }
}
