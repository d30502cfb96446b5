package dev.convoke.tensorcuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SharingTest {
    private final Sharing.Batches batches = new Sharing.Batches();
    private final Sharing one = new Sharing(batches);
    private final Sharing other = new Sharing(batches);

    @Test
    void shouldExpectToBeAloneAfterABatchThatWas() {
        assertFalse(one.isShared());
        one.begin();
        one.end();
        other.begin();
        other.end();
        assertFalse(one.isShared());
        assertFalse(other.isShared());
    }

    @Test
    void shouldExpectOthersAfterABatchBesideOthers() {
        one.begin();
        other.begin();
        one.end();
        one.end();
        assertTrue(one.isShared());
        other.end();
        assertTrue(other.isShared());
        one.begin();
        one.end();
        assertFalse(one.isShared());
        assertTrue(other.isShared());
    }
}
