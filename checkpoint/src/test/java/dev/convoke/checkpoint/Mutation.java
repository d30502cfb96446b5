package dev.convoke.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Damages bytes as disks, downloads and malice do. */
public final class Mutation {
    private static final String[] TOKENS = {"0", "-1", "1e999", "9223372036854775807", "4294967296", "null", "true",
        "\"\"", "\"\\ud800\"", "{}", "[]", "[[", "NaN", ",", "}", "\u0000", "\u00ff", "\"a\":", "..", "2147483648"};

    private final SplittableRandom random;

    /** Damages as the random numbers say. */
    public Mutation(final SplittableRandom random) {
        this.random = random;
    }

    /** One to three changes, never none. */
    public byte[] of(final byte[] original) {
        byte[] bytes = original;
        for (int changes = random.nextInt(1, 4); changes > 0 || Arrays.equals(bytes, original); changes--) {
            bytes = changeOnce(bytes);
        }
        return bytes;
    }

    private byte[] changeOnce(final byte[] bytes) {
        final int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
        final int length = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(8)));
        return switch (random.nextInt(6)) {
            case 0 -> splice(bytes, at, Math.min(1, length), new byte[] {(byte)random.nextInt(256)});
            case 1 -> splice(bytes, at, length, new byte[0]);
            case 2 -> splice(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + length));
            case 3 -> Arrays.copyOf(bytes, at);
            case 4 -> replaceNumber(bytes, at);
            default -> splice(bytes, at, length / 2, token());
        };
    }

    /** The first number from there on becomes something else. */
    private byte[] replaceNumber(final byte[] bytes, final int from) {
        int start = from;
        while (start < bytes.length && !isDigit(bytes[start])) {
            start++;
        }
        int end = start;
        while (end < bytes.length && isDigit(bytes[end])) {
            end++;
        }
        return splice(bytes, start, end - start, token());
    }

    private byte[] token() {
        return TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isDigit(final byte value) {
        return value >= '0' && value <= '9';
    }

    private static byte[] splice(final byte[] bytes, final int at, final int removed, final byte[] inserted) {
        final byte[] result = new byte[bytes.length - removed + inserted.length];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(inserted, 0, result, at, inserted.length);
        System.arraycopy(bytes, at + removed, result, at + inserted.length, bytes.length - at - removed);
        return result;
    }
}
