package dev.convoke.tensor.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.tensor.Bf16;
import dev.convoke.tensor.PanelProduct;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The proof accepts the definition and nothing that hardly differs from it. */
class SelfProofTest {
    @Test
    void shouldAcceptTheCanonicalOrder() {
        assertEquals("", proofOf(PanelType.BF16, SelfProofTest::canonical));
    }

    @Test
    void shouldRefuseOneChainInsteadOfTwo() {
        refuse(PanelType.BF16, (x, panel, words) -> {
            float sum = 0;
            for (int k = 0; k < 2 * words; k++) {
                sum = Math.fma(x.bf16(k), panel.bf16(k), sum);
            }
            return Float.floatToRawIntBits(sum);
        });
    }

    @Test
    void shouldRefuseSumsOfTheTwoHalvesOfARow() {
        refuse(PanelType.BF16, (x, panel, words) -> Float.floatToRawIntBits(
            blocks(x, panel, 0, words / 32 * 16) + blocks(x, panel, words / 32 * 16, words)));
    }

    @Test
    void shouldAcceptExactSumsAndRefuseThoseThatSaturate() {
        assertEquals("", proofOf(PanelType.INT8, (x, panel, words) -> {
            int sum = 0;
            for (int k = 0; k < 4 * words; k++) {
                sum += (x.int8(k) & 0xFF) * panel.int8(k);
            }
            return sum;
        }));
        refuse(PanelType.INT8, (x, panel, words) -> {
            int sum = 0;
            for (int k = 0; k < 4 * words; k += 2) {
                sum += Math.clamp((x.int8(k) & 0xFF) * panel.int8(k) + (x.int8(k + 1) & 0xFF) * panel.int8(k + 1),
                    Short.MIN_VALUE, Short.MAX_VALUE);
            }
            return sum;
        });
    }

    private static void refuse(final PanelType type, final Sum sum) {
        final String objection = proofOf(type, sum);
        assertTrue(objection.startsWith("its products in " + type.precision().label() + " have other bits here ("),
            objection);
    }

    private static String proofOf(final PanelType type, final Sum sum) {
        return new SelfProof(type, new Definition(type, sum)).objection();
    }

    private static int canonical(final Words x, final Words panel, final int words) {
        return Float.floatToRawIntBits(blocks(x, panel, 0, words));
    }

    private static float blocks(final Words x, final Words panel, final int fromWord, final int toWord) {
        float total = 0;
        for (int block = 2 * fromWord; block < 2 * toWord; block += 32) {
            float even = 0;
            float odd = 0;
            for (int k = block; k < block + 32; k += 2) {
                even = Math.fma(x.bf16(k), panel.bf16(k), even);
                odd = Math.fma(x.bf16(k + 1), panel.bf16(k + 1), odd);
            }
            total += even + odd;
        }
        return total;
    }

    /** How a row and an output are summed. */
    @FunctionalInterface
    private interface Sum {
        int of(Words x, Words panel, int words);
    }

    /** Words that follow one another at a distance. */
    private record Words(MemorySegment segment, long at, long distance) {
        private int word(final int index) {
            return segment.get(ValueLayout.JAVA_INT, at + index * distance);
        }

        float bf16(final int k) {
            return Bf16.toFloat((short)(word(k / 2) >> k % 2 * Short.SIZE));
        }

        int int8(final int k) {
            return (byte)(word(k / 4) >> k % 4 * Byte.SIZE);
        }
    }

    private record Definition(PanelType type, Sum sum) implements PanelProduct {
        @Override
        public int fewestRows() {
            return type.fewestRows();
        }

        @Override
        public void prepare(final int words) {
        }

        @Override
        public void multiply(final MemorySegment rows, final long rowsOffset, final int count, final int words,
            final MemorySegment panel, final long panelOffset, final MemorySegment sums) {
            for (int i = 0; i < count * OUTPUTS; i++) {
                sums.setAtIndex(ValueLayout.JAVA_INT, i, sum.of(
                    new Words(rows, rowsOffset + (long)(i / OUTPUTS) * words * Integer.BYTES, Integer.BYTES),
                    new Words(panel, panelOffset + (long)(i % OUTPUTS) * Integer.BYTES, OUTPUTS * Integer.BYTES),
                    words));
            }
        }
    }
}
