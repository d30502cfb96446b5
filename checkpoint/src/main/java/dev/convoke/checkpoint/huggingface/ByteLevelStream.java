package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.StreamDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Byte-level BPE, as GPT-2 introduced it: every character of an entry stands for one byte, and the bytes of all
 * entries together are UTF-8. An entry with any other character, such as an added token's space, is taken as it is.
 */
final class ByteLevelStream implements StreamDecoder {
    private static final int[] BYTE_OF_CHARACTER = byteOfCharacter();

    private final Vocabulary vocabulary;
    private final boolean skipSpecial;
    private final Utf8Reader reader = new Utf8Reader();
    private final StringBuilder text = new StringBuilder();

    ByteLevelStream(final Vocabulary vocabulary, final boolean skipSpecial) {
        this.vocabulary = vocabulary;
        this.skipSpecial = skipSpecial;
    }

    @Override
    public String append(final int id) {
        final String token = vocabulary.token(id);
        if (token == null || skipSpecial && vocabulary.special(id)) {
            return "";
        }
        text.setLength(0);
        if (token.chars().allMatch(character -> byteOf(character) >= 0)) {
            token.chars().forEach(character -> reader.accept(byteOf(character), text));
        } else {
            for (final byte value : token.getBytes(StandardCharsets.UTF_8)) {
                reader.accept(value & 0xFF, text);
            }
        }
        return text.toString();
    }

    @Override
    public String finish() {
        text.setLength(0);
        reader.finish(text);
        return text.toString();
    }

    private static int byteOf(final int character) {
        return character < BYTE_OF_CHARACTER.length ? BYTE_OF_CHARACTER[character] : -1;
    }

    /** Printable Latin-1 stands for itself; the other bytes, ascending, for U+0100 and on. */
    private static int[] byteOfCharacter() {
        final int[] bytes = new int[0x200];
        Arrays.fill(bytes, -1);
        int next = 0x100;
        for (int value = 0; value < 0x100; value++) {
            final boolean printable = value >= '!' && value <= '~' || value >= 0xA1 && value != 0xAD;
            bytes[printable ? value : next++] = value;
        }
        return bytes;
    }
}
