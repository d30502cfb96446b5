package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.FrameWriter;
import dev.convoke.transport.codec.MessageHeaderDecoder;
import dev.convoke.transport.codec.WelcomeDecoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.junit.jupiter.api.Test;

/** Lists of experts in parts that come late, twice or not at all. */
class HeldExpertsTest {
    private final HeldExperts held = new HeldExperts(RoutingRig.model(DType.F32, 16));

    private void add(final long revision, final int part, final int parts, final int... expertsOfLayerOne) {
        final ExpandableArrayBuffer frame = new ExpandableArrayBuffer();
        final List<ExpertId> experts = new ArrayList<>();
        for (final int expert : expertsOfLayerOne) {
            experts.add(new ExpertId(1, expert));
        }
        new FrameWriter().welcome(frame, 0, new FrameIdentity().part(part, parts), 5, revision, experts);
        held.add(new WelcomeDecoder().wrapAndApplyHeader(frame, 0, new MessageHeaderDecoder()));
    }

    private void assertHeld(final Integer... expected) {
        final List<Integer> found = new ArrayList<>();
        for (int expert = 0; expert < 8; expert++) {
            if (held.holds(1, expert)) {
                found.add(expert);
            }
        }
        assertEquals(List.of(expected), found);
        assertEquals(expected.length, held.count());
    }

    @Test
    void shouldAddPartsAsTheyCome() {
        held.clear();
        add(3, 1, 2, 4, 5);
        assertHeld(4, 5);
        add(3, 0, 2, 1);
        add(3, 1, 2, 4, 5);
        assertHeld(1, 4, 5);
    }

    @Test
    void shouldForgetWhatALaterRevisionNoLongerNamesOnceAllOfItIsThere() {
        held.clear();
        add(3, 0, 1, 1, 2, 3);
        add(4, 0, 2, 1, 6);
        assertHeld(1, 2, 3, 6);
        add(4, 0, 2, 1, 6);
        assertHeld(1, 2, 3, 6);
        add(4, 1, 2, 7);
        assertHeld(1, 6, 7);
    }

    @Test
    void shouldNotListenToWhatIsOutOfDate() {
        held.clear();
        add(4, 0, 1, 1);
        add(3, 0, 1, 1, 2, 3);
        assertHeld(1);
        held.clear();
        assertHeld();
        add(3, 0, 1, 2);
        assertHeld(2);
    }

    @Test
    void shouldNotBelieveForEverANumberThatADamagedFrameClaimed() {
        held.clear();
        add(Long.MAX_VALUE, 0, 1, 6);
        add(3, 0, 2, 1);
        add(3, 1, 2, 2);
        add(3, 0, 2, 1);
        assertHeld(6);
        add(3, 1, 2, 2);
        add(3, 0, 2, 1);
        assertHeld(1, 2);
    }

    @Test
    void shouldPassOverNumbersOutOfRange() {
        held.clear();
        add(0, 0, 1, 7, 8, 9);
        assertHeld(7);
        add(1, 60_000, 65_000, 6);
        assertHeld(6, 7);
    }
}
