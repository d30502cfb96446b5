package dev.convoke.decoder;

import dev.convoke.tensor.KvPages;

/**
 * The prompt that sequences of one submission have in common. One of them, the holder, computes it; the others wait and
 * then hold its whole pages too. Each computes the rest of its prompt, at least the last token, itself. Owned by the
 * decoder's thread.
 */
final class SharedPrompt {
    private final int pages;
    private Sequence holder;

    SharedPrompt(final int promptLength) {
        pages = (promptLength - 1) / KvPages.PAGE_TOKENS;
    }

    /** Whether a sequence must wait before it can start, since another one is computing the pages. */
    boolean isBeingComputedFor(final Sequence sequence) {
        return pages > 0 && holder != null && holder != sequence && !isComputed();
    }

    private boolean isComputed() {
        return holder.computed() >= pages * KvPages.PAGE_TOKENS;
    }

    /** Gives a sequence that starts the pages, or makes it the one that computes them. */
    void join(final Sequence sequence, final KvCache cache) {
        if (holder == null) {
            holder = sequence;
        } else if (holder != sequence) {
            cache.share(holder, sequence, pages);
            sequence.skipComputed(pages * KvPages.PAGE_TOKENS);
        }
    }

    /** A sequence did not start after all, or has ended; another one that runs becomes the holder. */
    void leave(final Sequence sequence, final Sequence[] running, final int runningCount) {
        if (holder != sequence) {
            return;
        }
        holder = null;
        for (int i = 0; i < runningCount && holder == null; i++) {
            if (running[i] != sequence && running[i].sharedPrompt() == this) {
                holder = running[i];
            }
        }
    }
}
