package dev.convoke.server.http;

import dev.convoke.checkpoint.Tokenizer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * How single tokens are written in log-probabilities: their text as it reads within a sentence, or the vocabulary's
 * own entry where a token is only part of a character. Remembered once computed. Thread-safe.
 */
final class TokenTexts {
    private static final char REPLACEMENT = '\uFFFD';

    private final Tokenizer tokenizer;
    private final int[] lead;
    private final String leadText;
    private final AtomicReferenceArray<Entry> entries;

    private record Entry(String label, int visibleCharacters) {
    }

    TokenTexts(final Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.lead = tokenizer.encode("a", false);
        this.leadText = tokenizer.decode(lead, false);
        this.entries = new AtomicReferenceArray<>(tokenizer.vocabularySize());
    }

    /** The token as a client sees it; special tokens by name. */
    String label(final int id) {
        return entry(id).label();
    }

    /** How many characters of text it stands for; 0 for special tokens. */
    int visibleCharacters(final int id) {
        return entry(id).visibleCharacters();
    }

    private Entry entry(final int id) {
        if (id < 0 || id >= entries.length()) {
            return new Entry("<" + id + ">", 0);
        }
        Entry entry = entries.get(id);
        if (entry == null) {
            entry = computed(id);
            entries.set(id, entry);
        }
        return entry;
    }

    /** Decoded behind another token, since some tokenizers drop the space of a first one. */
    private Entry computed(final int id) {
        final String text = behindLead(id, false);
        final String visible = behindLead(id, true);
        final boolean partial = text.isEmpty() || text.indexOf(REPLACEMENT) >= 0;
        return new Entry(partial ? tokenizer.token(id) : text, visible.length());
    }

    private String behindLead(final int id, final boolean skipSpecialTokens) {
        final int[] ids = java.util.Arrays.copyOf(lead, lead.length + 1);
        ids[lead.length] = id;
        final String text = tokenizer.decode(ids, skipSpecialTokens);
        return text.startsWith(leadText) ? text.substring(leadText.length()) : text;
    }
}
