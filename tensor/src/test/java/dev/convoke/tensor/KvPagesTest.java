package dev.convoke.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.convoke.core.DType;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KvPagesTest {
    private static final int HEADS = 2;
    private static final int HEAD_DIM = 48;

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void shouldHoldEveryElementWhereTheLayoutSays(final DType dtype) {
        try (Arena arena = Arena.ofConfined()) {
            final KvPages pages = new KvPages(arena, dtype, 3, 2, HEADS, HEAD_DIM);
            final RowBuffer keys = Rows.random(arena, dtype, 2, HEADS * HEAD_DIM, new SplittableRandom(1));
            final RowBuffer values = Rows.random(arena, dtype, 2, HEADS * HEAD_DIM, new SplittableRandom(2));
            pages.store(2, 1, 5, keys, values, 1);
            for (int head = 0; head < HEADS; head++) {
                for (int d = 0; d < HEAD_DIM; d++) {
                    final int column = head * HEAD_DIM + d;
                    assertEquals(keys.get(1, column), ElementAccess.read(pages.segment(), dtype,
                        pages.keyIndex(2, 1, head) + pages.keyOffset(d, 5)));
                    assertEquals(values.get(1, column), ElementAccess.read(pages.segment(), dtype,
                        pages.valueIndex(2, 1, head) + 5L * pages.paddedHeadDim() + d));
                }
            }
            long written = 0;
            for (long i = 0; i < pages.segment().byteSize() / dtype.bytes(); i++) {
                written += ElementAccess.read(pages.segment(), dtype, i) == 0 ? 0 : 1;
            }
            assertEquals(2L * HEADS * HEAD_DIM, written, "nothing else was written");
            assertEquals(3 * pages.pageBytes(), pages.segment().byteSize());
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void shouldRefuseAnOddHeadDimension(final DType dtype) {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(IllegalArgumentException.class, () -> new KvPages(arena, dtype, 1, 1, 1, 33));
        }
    }
}
