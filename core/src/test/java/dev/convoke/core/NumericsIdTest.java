package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NumericsIdTest {
    @Test
    void shouldNameTheDeviceAndTheEdition() {
        assertEquals("canonical-1", NumericsId.CANONICAL_1.toString());
        assertEquals("cuda-sm90-1", NumericsId.cuda(90, 1).toString());
        assertEquals("cuda-sm120-3", NumericsId.cuda(120, 3).toString());
        assertEquals("unknown-7", new NumericsId(7).toString());
    }

    @Test
    void shouldTellArchitecturesAndEditionsApart() {
        assertNotEquals(NumericsId.cuda(90, 1), NumericsId.cuda(80, 1));
        assertNotEquals(NumericsId.cuda(90, 1), NumericsId.cuda(90, 2));
        assertNotEquals(NumericsId.cuda(80, 1), NumericsId.CANONICAL_1);
    }

    @Test
    void shouldKnowWhatThisReleaseComputesByName() {
        for (final NumericsId id : List.of(NumericsId.CANONICAL_1, NumericsId.INT8_1, NumericsId.cuda(90, 1),
            NumericsId.cuda(120, 1))) {
            assertEquals(Optional.of(id), NumericsId.named(id.toString()));
        }
        for (final String name : List.of("", "canonical", "canonical-2", "CANONICAL-1", "int8-1 ", "cuda-bf16-1",
            "cuda-sm90-2", "cuda-sm090-1", "cuda-sm9-1", "cuda-sm99999999999-1", "unknown-7", "cuda-sm90-1\n")) {
            assertEquals(Optional.empty(), NumericsId.named(name), name);
        }
    }

    @Test
    void shouldTakeRowsInF32OnlyInTheCanonicalOrder() {
        assertTrue(NumericsId.CANONICAL_1.takes(DType.F32));
        assertFalse(NumericsId.INT8_1.takes(DType.F32));
        assertFalse(NumericsId.cuda(90, 1).takes(DType.F32));
        assertTrue(NumericsId.cuda(90, 1).takes(DType.BF16));
        assertFalse(NumericsId.CANONICAL_1.takes(DType.Q8_0));
    }

    @Test
    void shouldPreferItsOwnUnlessTheListSaysWhereItStands() {
        final NumericsId cuda = NumericsId.cuda(90, 1);
        final AcceptedNumerics first = AcceptedNumerics.of(NumericsId.CANONICAL_1, List.of(cuda, NumericsId.INT8_1));
        assertEquals(List.of(NumericsId.CANONICAL_1, cuda, NumericsId.INT8_1), first.preferred());
        assertEquals(List.of(cuda, NumericsId.INT8_1), first.others());
        final AcceptedNumerics second = AcceptedNumerics.of(NumericsId.CANONICAL_1,
            List.of(cuda, NumericsId.CANONICAL_1));
        assertEquals(0, second.rank(cuda.value()));
        assertEquals(1, second.rank("canonical-1"));
        assertEquals(AcceptedNumerics.NO_RANK, second.rank("int8-1"));
        assertEquals(AcceptedNumerics.NO_RANK, second.rank(-1));
        assertThrows(IllegalArgumentException.class, () -> AcceptedNumerics.of(cuda, List.of(cuda, cuda)));
        assertEquals(List.of(), AcceptedNumerics.only(cuda).others());
    }
}
