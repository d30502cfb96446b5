package dev.convoke.tensor.onednn;

import dev.convoke.tensor.Bf16;
import dev.convoke.tensor.PanelProduct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Compares a product with its definition, bit for bit, on seeded random numbers: with every number of rows there is a
 * kernel for, and over long sums. Bits that depend on the CPU are seen on that CPU, before the first model is loaded.
 */
final class SelfProof {
    /** Of rows that are multiplied in every number. */
    static final int WORDS = 48;
    private static final int MANY_WORDS = 1056;
    private static final long SEED = 0x0DD5;
    private static final int OUTPUTS = PanelProduct.OUTPUTS;
    /** Words of a block of the canonical dot product. */
    private static final int BLOCK = 16;

    private final PanelType type;
    private final PanelProduct product;
    private final SplittableRandom random = new SplittableRandom(SEED);

    SelfProof(final PanelType type, final PanelProduct product) {
        this.type = type;
        this.product = product;
    }

    /** Empty if all bits are the same, otherwise where they are not. */
    String objection() {
        final String many = difference(WORDS, RowCounts.all());
        final String place = many.isEmpty() ? difference(MANY_WORDS, 2, 3) : many;
        return place.isEmpty() ? "" : "its products in " + type.precision().label() + " have other bits here ("
            + place + ")";
    }

    /** Products of the first rows, as many as each count says. */
    private String difference(final int words, final int... counts) {
        final int rows = Arrays.stream(counts).max().orElseThrow();
        final int[] x = random.ints((long)rows * words, 0, Integer.MAX_VALUE).map(_ -> word()).toArray();
        final int[] panel = random.ints((long)words * OUTPUTS, 0, Integer.MAX_VALUE).map(_ -> word()).toArray();
        final int[] expected = new int[rows * OUTPUTS];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = sum(x, i / OUTPUTS * words, panel, i % OUTPUTS, words);
        }
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment sums = arena.allocate((long)expected.length * Integer.BYTES, 64);
            for (final int count : counts) {
                sums.fill((byte)-1);
                product.multiply(copy(arena, x), 0, count, words, copy(arena, panel), 0, sums);
                final int[] actual = sums.toArray(ValueLayout.JAVA_INT);
                final int at = Arrays.mismatch(expected, 0, count * OUTPUTS, actual, 0, count * OUTPUTS);
                if (at >= 0) {
                    return count + " rows of " + words * type.wordElements() + " inputs, row " + at / OUTPUTS;
                }
            }
            return "";
        }
    }

    private static MemorySegment copy(final Arena arena, final int... values) {
        return arena.allocate((long)values.length * Integer.BYTES, 64).copyFrom(MemorySegment.ofArray(values));
    }

    private int word() {
        return switch (type) {
            case BF16 -> Bf16.fromFloat(number()) & 0xFFFF | Bf16.fromFloat(number()) << Short.SIZE;
            // One byte in four as far from zero as can be, so that a sum of few that saturates shows.
            case INT8 -> random.nextInt() | (random.nextInt(4) == 0 ? 0x007F_007F : 0);
        };
    }

    /** Over some orders of magnitude, so that sums round and cancel. */
    private float number() {
        return (float)(random.nextDouble() - 0.5) * (1 << random.nextInt(6));
    }

    /** The bits of a sum, in the order of its definition. */
    private int sum(final int[] x, final int row, final int[] panel, final int output, final int words) {
        int integer = 0;
        float total = 0;
        for (int block = 0; block < words; block += BLOCK) {
            float even = 0;
            float odd = 0;
            for (int word = block; word < block + BLOCK; word++) {
                final int a = x[row + word];
                final int b = panel[word * OUTPUTS + output];
                if (type == PanelType.BF16) {
                    even = Math.fma(Bf16.toFloat((short)a), Bf16.toFloat((short)b), even);
                    odd = Math.fma(Bf16.toFloat((short)(a >> Short.SIZE)), Bf16.toFloat((short)(b >> Short.SIZE)), odd);
                } else {
                    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                        integer += (a >> shift & 0xFF) * (byte)(b >> shift);
                    }
                }
            }
            total += even + odd;
        }
        return type == PanelType.BF16 ? Float.floatToRawIntBits(total) : integer;
    }
}
