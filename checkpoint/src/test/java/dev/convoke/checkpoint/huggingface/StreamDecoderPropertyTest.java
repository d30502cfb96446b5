package dev.convoke.checkpoint.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.checkpoint.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams of any ids, as a model makes them that is not sure, against the decoding of the whole. */
class StreamDecoderPropertyTest {
    private static final int ROUNDS = 2000;

    @TempDir
    private Path scratch;
    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    StreamDecoderPropertyTest() {
        System.out.println("convoke.test.seed=" + seed);
    }

    @Test
    void shouldJoinToTheWholeForAnyByteLevelIds() throws IOException {
        try (Tokenizer tokenizer = TokenizerDirectory.open("byte-level", scratch)) {
            for (int round = 0; round < ROUNDS; round++) {
                assertJoins(tokenizer, randomIds(tokenizer.vocabularySize()));
            }
        }
    }

    @Test
    void shouldJoinToTheWholeForByteLevelIdsThatSpellAnyBytes() throws IOException {
        try (Tokenizer tokenizer = TokenizerDirectory.open("byte-level", scratch)) {
            assertEquals(256, byteIds(tokenizer).length);
            for (int round = 0; round < ROUNDS; round++) {
                assertJoins(tokenizer, choose(byteIds(tokenizer)));
            }
        }
    }

    @Test
    void shouldJoinToTheWholeForByteFallbackIdsWhoseRunsAreUtf8OrWrongFromTheStart() throws IOException {
        try (Tokenizer tokenizer = TokenizerDirectory.open("byte-fallback", scratch)) {
            final int zero = 3;
            assertEquals("<0x00>", tokenizer.token(zero));
            for (int round = 0; round < ROUNDS; round++) {
                int[] ids = {};
                for (int part = random.nextInt(8); part >= 0; part--) {
                    ids = concat(ids, randomRun(zero));
                    ids = concat(ids, new int[] {zero + 256 + random.nextInt(tokenizer.vocabularySize() - 259)});
                }
                assertJoins(tokenizer, ids);
            }
        }
    }

    @Test
    void shouldGiveOutEveryByteFallbackIdOnceWhateverTheRun() throws IOException {
        try (Tokenizer tokenizer = TokenizerDirectory.open("byte-fallback", scratch)) {
            final StreamDecoder stream = tokenizer.streamDecoder(true);
            final int zero = 3;
            String text = "";
            for (final int value : new int[] {0xC3, 0xA9, 0xE4, 0xBD, 0x41, 0xC3, 0xA9}) {
                text += stream.append(zero + value);
            }
            assertEquals("\u00e9" + "\uFFFD".repeat(5), text);
            assertEquals("", stream.finish());
        }
    }

    @Test
    void shouldReplaceUnfinishedCharacterAtTheEnd() throws IOException {
        try (Tokenizer level = TokenizerDirectory.open("byte-level", scratch.resolve("level"));
            Tokenizer fallback = TokenizerDirectory.open("byte-fallback", scratch.resolve("fallback"))) {
            for (final Tokenizer tokenizer : new Tokenizer[] {level, fallback}) {
                final int[] ids = tokenizer.encode("\u4f60", false);
                final StreamDecoder stream = tokenizer.streamDecoder(true);
                for (int i = 0; i < ids.length - 1; i++) {
                    assertEquals("", stream.append(ids[i]));
                }
                assertEquals(tokenizer.decode(Arrays.copyOf(ids, ids.length - 1), true), stream.finish());
            }
        }
    }

    private void assertJoins(final Tokenizer tokenizer, final int[] ids) {
        for (final boolean skipSpecial : new boolean[] {true, false}) {
            final StreamDecoder stream = tokenizer.streamDecoder(skipSpecial);
            final StringBuilder text = new StringBuilder();
            for (final int id : ids) {
                final String piece = stream.append(id);
                assertFalse(!piece.isEmpty() && Character.isHighSurrogate(piece.charAt(piece.length() - 1)));
                text.append(piece);
            }
            assertEquals(tokenizer.decode(ids, skipSpecial), text + stream.finish(), () -> Arrays.toString(ids));
        }
    }

    private int[] randomIds(final int size) {
        return random.ints(random.nextInt(20), 0, size).toArray();
    }

    private int[] choose(final int[] ids) {
        return random.ints(random.nextInt(20), 0, ids.length).map(i -> ids[i]).toArray();
    }

    /** Entries of one character: the 256 bytes. */
    private static int[] byteIds(final Tokenizer tokenizer) {
        return IntStream.range(0, tokenizer.vocabularySize())
            .filter(id -> tokenizer.token(id).length() == 1).toArray();
    }

    private int[] randomRun(final int zero) {
        final String characters = random.ints(random.nextInt(5), 0x20, 0x11000)
            .filter(codePoint -> codePoint < 0xD800 || codePoint > 0xDFFF)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
        final byte[] bytes = characters.getBytes(StandardCharsets.UTF_8);
        final int[] run = new int[bytes.length];
        for (int i = 0; i < run.length; i++) {
            run[i] = zero + (bytes[i] & 0xFF);
        }
        return random.nextInt(4) == 0 ? concat(new int[] {zero + 0x80 + random.nextInt(0x40)}, run) : run;
    }

    private static int[] concat(final int[] first, final int[] second) {
        final int[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }
}
