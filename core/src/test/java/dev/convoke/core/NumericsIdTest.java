package dev.convoke.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

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
}
