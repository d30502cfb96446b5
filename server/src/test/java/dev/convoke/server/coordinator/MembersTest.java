package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts that nobody knew at first, and hosts that leave: one expert a layer, two layers, room for three hosts. */
class MembersTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final MoveLimits LIMITS = new MoveLimits(1, 20 * SECOND, 10 * SECOND);
    private static final Placement FIRST = placement(1, 0, 0);

    private final Coordinator coordinator = new Coordinator(3, LIMITS);

    private static Placement placement(final long epoch, final int first, final int second) {
        return new Placement(epoch, 2, 1, 3, new int[][] {{first}, {second}});
    }

    @BeforeEach
    void begin() {
        apply(new Command.Begin(FIRST, null, List.of(), Map.of()));
        apply(new Command.DecoderReported(7, 1));
    }

    private List<Event> apply(final Command command) {
        return coordinator.apply(SECOND, command);
    }

    private List<Event> register(final String address) {
        return apply(new Command.HostRegistered(address, 1));
    }

    private List<Event> report(final int host, final Integer... held) {
        return apply(new Command.HostReported(host, host, 4, List.of(held), List.of(), List.of(), ""));
    }

    /** The second layer has moved to the second host. */
    private void share() {
        register("a");
        report(0, 0, 1);
        register("b");
        report(1);
        apply(new Command.Move(placement(0, 0, 1), List.of()));
        report(1, 1);
        apply(new Command.DecoderReported(7, 2));
        report(0, 0);
    }

    @Test
    void shouldGiveTheFirstHostWhatIsPlacedBeforeAnybodyIsKnown() {
        assertEquals(List.of(new Event.HostAdded(0, "a")), register("a"));
        assertEquals(List.of(new Event.HostJoined(0), new Event.LoadOrdered(new Step(0, 0, 0))), report(0));
        assertEquals(Members.NOBODY, coordinator.members().newcomer());
    }

    @Test
    void shouldKnowWhoHasNoShareYet() {
        register("a");
        report(0, 0, 1);
        register("b");
        assertEquals(Members.NOBODY, coordinator.members().newcomer(), "it is not there yet");
        report(1);
        assertEquals(1, coordinator.members().newcomer());
        apply(new Command.Move(placement(0, 0, 1), List.of()));
        assertEquals(1, coordinator.members().newcomer(), "what is being moved may yet be rolled back");
        report(1, 1);
        assertEquals(Members.NOBODY, coordinator.members().newcomer());
    }

    @Test
    void shouldKnowAHostByItsAddress() {
        assertEquals(1, register("a").size());
        assertEquals(List.of(), register("a"));
        assertFalse(coordinator.hasChanged());
        apply(new Command.HostRegistered("a", 3));
        assertTrue(coordinator.hasChanged());
        assertEquals(3, coordinator.members().all().get(0).speed());
    }

    @Test
    void shouldRefuseMoreHostsThanThereIsRoomFor() {
        List.of("a", "b", "c").forEach(this::register);
        assertTrue(((Event.Rejected)register("d").getFirst()).reason().contains("There is room for 3 expert hosts"));
    }

    @Test
    void shouldForgetAHostThatIsGoneAndThatNothingIsPlacedOn() {
        share();
        apply(new Command.HostLeaving(1));
        apply(new Command.Move(FIRST, List.of(1)));
        report(0, 0, 1);
        assertFalse(coordinator.isReleased(1), "the decoder may still ask it");
        apply(new Command.DecoderReported(7, coordinator.published().epoch()));
        assertTrue(coordinator.isReleased(1));
        assertTrue(apply(new Command.HostForgotten(1)).getFirst() instanceof Event.Rejected, "it is there");
        apply(new Command.HostLost(1));
        assertEquals(List.of(new Event.HostForgotten(1, "b")), apply(new Command.HostForgotten(1)));
        assertEquals(List.of(new Event.HostAdded(1, "c")), register("c"));
        assertFalse(coordinator.host(1).isDrained());
    }

    @Test
    void shouldNotForgetAHostThatIsConfigured() {
        apply(new Command.Begin(FIRST, null, List.of(), Map.of(0, Member.configured("a"), 1, Member.configured("b"))));
        assertFalse(coordinator.isForgettable(1));
        assertEquals(2, coordinator.begin().members().size());
    }

    @Test
    void shouldTakeAHostBackThatLeft() {
        share();
        apply(new Command.HostLeaving(1));
        apply(new Command.Move(FIRST, List.of(1)));
        assertTrue(coordinator.host(1).isDrained());
        register("b");
        assertFalse(coordinator.host(1).isDrained());
        assertFalse(coordinator.members().all().get(1).leaving());
    }

    @Test
    void shouldGiveAShareAgainToAHostThatComesBackAfterItsOwnWentToOthers() {
        share();
        apply(new Command.HostLost(1));
        report(0, 0, 1);
        apply(new Command.Move(FIRST, List.of()));
        apply(new Command.DecoderReported(7, coordinator.published().epoch()));
        apply(new Command.Tick());
        assertEquals(FIRST.withEpoch(coordinator.published().epoch()), coordinator.published());
        register("b");
        report(1);
        assertEquals(1, coordinator.members().newcomer());
    }

    @Test
    void shouldLeaveAHostDrainedThatAnOperatorDrained() {
        share();
        apply(new Command.Move(FIRST, List.of(1)));
        register("b");
        assertTrue(coordinator.host(1).isDrained());
    }

    @Test
    void shouldLeadADecoderBackThatIsAheadOfALostLog() {
        share();
        final List<Event> events = apply(new Command.DecoderReported(7, 40));
        assertEquals(placement(41, 0, 1), ((Event.Published)events.getFirst()).placement());
        assertEquals(1, events.size(), "nothing is freed before the decoder has taken it");
    }
}
