package dev.convoke.checkpoint.huggingface;

/**
 * Turns bytes into characters as they come. Bytes that are no UTF-8 become U+FFFD, one for each maximal part of a
 * well-formed sequence (The Unicode Standard, chapter 3, "U+FFFD Substitution of Maximal Subparts").
 */
final class Utf8Reader {
    private static final int REPLACEMENT = 0xFFFD;

    private int missing;
    private int codePoint;
    private int least = 0x80;
    private int most = 0xBF;

    /** Whether a character has begun and not ended. */
    boolean pending() {
        return missing > 0;
    }

    /**
     * Takes a byte (0 to 255) and appends what it makes certain.
     *
     * @return whether all is well-formed so far; if not, a replacement was appended
     */
    boolean accept(final int value, final StringBuilder text) {
        if (missing == 0) {
            return begin(value, text);
        }
        if (value < least || value > most) {
            finish(text);
            begin(value, text);
            return false;
        }
        least = 0x80;
        most = 0xBF;
        codePoint = codePoint << 6 | value & 0x3F;
        missing--;
        if (missing == 0) {
            text.appendCodePoint(codePoint);
        }
        return true;
    }

    /** Ends the input: an unfinished character is replaced. */
    void finish(final StringBuilder text) {
        if (missing > 0) {
            text.appendCodePoint(REPLACEMENT);
            reset();
        }
    }

    /** Forgets an unfinished character. */
    void reset() {
        missing = 0;
        least = 0x80;
        most = 0xBF;
    }

    /** The bounds of the second byte rule out overlong forms, surrogates and values above U+10FFFF. */
    private boolean begin(final int value, final StringBuilder text) {
        if (value < 0x80) {
            text.append((char)value);
        } else if (value >= 0xC2 && value <= 0xDF) {
            begin(1, value & 0x1F);
        } else if (value >= 0xE0 && value <= 0xEF) {
            least = value == 0xE0 ? 0xA0 : 0x80;
            most = value == 0xED ? 0x9F : 0xBF;
            begin(2, value & 0x0F);
        } else if (value >= 0xF0 && value <= 0xF4) {
            least = value == 0xF0 ? 0x90 : 0x80;
            most = value == 0xF4 ? 0x8F : 0xBF;
            begin(3, value & 0x07);
        } else {
            text.appendCodePoint(REPLACEMENT);
            return false;
        }
        return true;
    }

    private void begin(final int continuationBytes, final int leadingBits) {
        missing = continuationBytes;
        codePoint = leadingBits;
    }
}
