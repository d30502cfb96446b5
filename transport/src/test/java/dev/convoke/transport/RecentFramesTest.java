package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Copies are recognised, and nothing else is. */
class RecentFramesTest {
    private static final int SOME = 100;
    private static final int MANY = 1_000_000;

    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final SampleFrames samples = new SampleFrames(new SplittableRandom(seed));

    @Test
    void shouldRecogniseEachOfTheLastHundred() {
        final RecentFrames recent = new RecentFrames();
        int forgotten = 0;
        for (int exchange = 0; exchange < MANY / SOME; exchange++) {
            final long number = number(exchange, 0, 0, 0, 0);
            assertFalse(recent.contains(number));
            recent.add(number);
            assertTrue(recent.contains(number));
            forgotten += exchange >= SOME && !recent.contains(number(exchange - SOME, 0, 0, 0, 0)) ? 1 : 0;
        }
        assertTrue(forgotten < MANY / SOME / 50, forgotten + " were overwritten early");
    }

    @Test
    void shouldForgetTheOldestForTheNewest() {
        final RecentFrames recent = new RecentFrames();
        int held = 0;
        for (int exchange = 0; exchange < MANY; exchange++) {
            recent.add(number(exchange, 0, 0, 0, 0));
        }
        for (int exchange = 0; exchange < MANY / 2; exchange++) {
            held += recent.contains(number(exchange, 0, 0, 0, 0)) ? 1 : 0;
        }
        assertEquals(0, held);
    }

    @Test
    void shouldTellApartWhateverDiffers() {
        final Set<Long> numbers = new HashSet<>();
        for (int i = 0; i < 200_000; i++) {
            numbers.add(number(i % 40, i / 40 % 5, i / 200 % 10, i / 2000 % 5, i / 10_000));
        }
        assertEquals(200_000, numbers.size());
        final FrameIdentity identity = samples.identity();
        final long number = RecentFrames.number(1, identity, 0);
        assertEquals(number, RecentFrames.number(1, new FrameIdentity().copyFrom(identity), 0));
        assertFalse(number == RecentFrames.number(1, new FrameIdentity().copyFrom(identity)
            .decoderId(identity.decoderId() + 1), 0), "another decoder, seed " + seed);
        assertFalse(number == RecentFrames.number(1, new FrameIdentity().copyFrom(identity)
            .incarnation(identity.incarnation() + 1), 0), "another start of it, seed " + seed);
    }

    private static long number(final long exchange, final int attempt, final int part, final int peer,
        final int within) {
        return RecentFrames.number(peer, new FrameIdentity().exchangeId(exchange).attempt(attempt).part(part, 10),
            within);
    }
}
