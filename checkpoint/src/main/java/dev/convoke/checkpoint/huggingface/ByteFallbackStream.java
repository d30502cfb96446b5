package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.StreamDecoder;
import java.util.HexFormat;
import java.util.List;

/**
 * SentencePiece with byte fallback: entries are text with replacements, and characters outside the vocabulary are
 * spelled by entries such as {@code <0xE4>}. A run of those that is no UTF-8 decodes to one U+FFFD for each byte.
 */
final class ByteFallbackStream implements StreamDecoder {
    /** Replaced in every entry. */
    record Replacement(String pattern, String content) {
    }

    /**
     * How entries become text.
     *
     * @param replacements applied to each entry in this order
     * @param stripped     code point taken away at the very beginning of the text
     * @param stripCount   at most so many of them
     */
    record Rules(List<Replacement> replacements, int stripped, int stripCount) {
    }

    private static final char REPLACEMENT = '\uFFFD';

    private final Vocabulary vocabulary;
    private final boolean skipSpecial;
    private final Rules rules;
    private final Utf8Reader reader = new Utf8Reader();
    private final StringBuilder text = new StringBuilder();
    private int pendingBytes;
    private boolean runBroken;
    private int stripLeft;

    ByteFallbackStream(final Vocabulary vocabulary, final boolean skipSpecial, final Rules rules) {
        this.vocabulary = vocabulary;
        this.skipSpecial = skipSpecial;
        this.rules = rules;
        stripLeft = rules.stripCount;
    }

    @Override
    public String append(final int id) {
        final String token = vocabulary.token(id);
        if (token == null || skipSpecial && vocabulary.special(id)) {
            return "";
        }
        text.setLength(0);
        final int value = byteOf(token);
        if (value >= 0) {
            appendByte(value);
        } else {
            endRun();
            text.append(replaced(token));
        }
        return stripped();
    }

    @Override
    public String finish() {
        text.setLength(0);
        endRun();
        return stripped();
    }

    private void appendByte(final int value) {
        pendingBytes++;
        if (!runBroken) {
            final int before = text.length();
            if (reader.accept(value, text)) {
                pendingBytes = reader.pending() ? pendingBytes : 0;
            } else {
                text.setLength(before);
                runBroken = true;
            }
        }
        if (runBroken) {
            replacePending();
        }
    }

    private void endRun() {
        replacePending();
        reader.reset();
        runBroken = false;
    }

    private void replacePending() {
        text.repeat(REPLACEMENT, pendingBytes);
        pendingBytes = 0;
    }

    private String replaced(final String token) {
        String result = token;
        for (final Replacement replacement : rules.replacements) {
            result = result.replace(replacement.pattern, replacement.content);
        }
        return result;
    }

    private String stripped() {
        int start = 0;
        while (stripLeft > 0 && start < text.length()) {
            if (text.codePointAt(start) == rules.stripped) {
                start += Character.charCount(rules.stripped);
                stripLeft--;
            } else {
                stripLeft = 0;
            }
        }
        return text.substring(start);
    }

    /** The byte that an entry such as {@code <0x0A>} spells, -1 for any other. */
    private static int byteOf(final String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
            return -1;
        }
        final char high = token.charAt(3);
        final char low = token.charAt(4);
        return HexFormat.isHexDigit(high) && HexFormat.isHexDigit(low)
            ? HexFormat.fromHexDigit(high) << 4 | HexFormat.fromHexDigit(low) : -1;
    }
}
