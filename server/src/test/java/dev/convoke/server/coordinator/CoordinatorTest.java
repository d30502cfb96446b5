package dev.convoke.server.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.loadbalance.MovePlan.Step;
import dev.convoke.loadbalance.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One expert a layer, two layers, three hosts: what is decided, one command after the other. */
class CoordinatorTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final MoveLimits LIMITS = new MoveLimits(1, 20 * SECOND, 10 * SECOND);
    private static final Placement FIRST = placement(1, 0, 1);

    private final Coordinator coordinator = new Coordinator(3, LIMITS);
    private long nowNs = SECOND;

    /** Layer 0 on one host, layer 1 on another. */
    private static Placement placement(final long epoch, final int first, final int second) {
        return new Placement(epoch, 2, 1, 3, new int[][] {{first}, {second}});
    }

    @BeforeEach
    void begin() {
        assertEquals(List.of(new Event.Published(FIRST)), apply(TestMembers.begin(FIRST)));
        apply(new Command.DecoderReported(7, 1));
        assertEquals(List.of(new Event.HostJoined(0)), report(0, 0));
        report(1, 1);
        report(2);
    }

    private List<Event> apply(final Command command) {
        return coordinator.apply(nowNs, command);
    }

    private List<Event> report(final int host, final Integer... held) {
        return apply(new Command.HostReported(host, host, 4, List.of(held), List.of(), List.of(), ""));
    }

    private List<Event> move(final Placement target, final Integer... drained) {
        return apply(new Command.Move(target, List.of(drained)));
    }

    private static String reason(final List<Event> events) {
        return events.stream().filter(Event.MoveRolledBack.class::isInstance)
            .map(event -> ((Event.MoveRolledBack)event).reason()).findFirst().orElse("");
    }

    private static String refusal(final List<Event> events) {
        return ((Event.Rejected)events.getFirst()).reason();
    }

    @Test
    void shouldLoadPublishDrainAndFreeInThisOrder() {
        assertEquals(List.of(new Event.MoveStarted(1, 1, false), new Event.LoadOrdered(new Step(0, 0, 2))),
            move(placement(0, 2, 1)));
        assertEquals(List.of(), apply(new Command.Tick()));
        assertEquals(List.of(new Event.Published(placement(2, 2, 1))), report(2, 0));
        assertEquals(List.of(), apply(new Command.Tick()), "a decoder may still ask host 0");
        assertEquals(List.of(new Event.FreeOrdered(new Step(0, 0, 0))), apply(new Command.DecoderReported(7, 2)));
        assertEquals(List.of(new Event.MoveFinished(2)), report(0));
        assertNull(coordinator.change());
    }

    @Test
    void shouldWaitForEveryDecoder() {
        apply(new Command.DecoderReported(8, 1));
        move(placement(0, 2, 1));
        report(2, 0);
        assertEquals(List.of(), apply(new Command.DecoderReported(7, 2)));
        assertEquals(List.of(new Event.FreeOrdered(new Step(0, 0, 0))), apply(new Command.DecoderLost(8)));
    }

    @Test
    void shouldRollBackWhatAHostCannotLoad() {
        move(placement(0, 2, 1));
        nowNs += SECOND;
        final List<Event> events = apply(new Command.HostReported(2, 2, 4, List.of(), List.of(), List.of(0),
            "The disk is broken."));
        assertTrue(reason(events).contains("cannot load layer 0 expert 0 on host 2: The disk is broken."),
            events::toString);
        assertEquals(FIRST, coordinator.published());
        assertEquals(List.of(), apply(new Command.Tick()));
    }

    @Test
    void shouldRollBackWhatIsNotLoadedInTimeAndFreeWhatCameTooLate() {
        move(placement(0, 2, 1));
        nowNs += 20 * SECOND;
        assertTrue(reason(apply(new Command.Tick())).contains("has not loaded layer 0 expert 0 on host 2 in time"));
        assertEquals(List.of(new Event.FreeOrdered(new Step(0, 0, 2))), report(2, 0));
    }

    @Test
    void shouldRollBackWhenTheTargetDies() {
        move(placement(0, 2, 1));
        final List<Event> events = apply(new Command.HostLost(2));
        assertTrue(reason(events).contains("is gone"), events::toString);
        assertNull(coordinator.change());
    }

    @Test
    void shouldGoBackToThePlacementBeforeWhenADecoderDoesNotTakeTheNext() {
        move(placement(0, 2, 1));
        report(2, 0);
        nowNs += 10 * SECOND;
        final List<Event> events = apply(new Command.Tick());
        assertTrue(reason(events).contains("has not taken epoch 2"), events::toString);
        assertTrue(events.contains(new Event.Published(placement(3, 0, 1))), events::toString);
        assertEquals(List.of(new Event.FreeOrdered(new Step(0, 0, 2))), apply(new Command.DecoderReported(7, 3)));
    }

    @Test
    void shouldUndoWhatIsCancelled() {
        move(placement(0, 2, 2));
        assertEquals("It was cancelled.", reason(apply(new Command.Cancel())));
        assertEquals("No replicas are being moved.", refusal(apply(new Command.Cancel())));
        assertEquals(FIRST, coordinator.published());
    }

    @Test
    void shouldLoadNoMoreAtATimeThanItMay() {
        assertEquals(List.of(new Event.MoveStarted(2, 2, false), new Event.LoadOrdered(new Step(0, 0, 2))),
            move(placement(0, 2, 2)));
        assertEquals(List.of(new Event.LoadOrdered(new Step(1, 0, 2))), report(2, 0));
        assertEquals(List.of(new Event.Published(placement(2, 2, 2))), report(2, 0, 1));
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        assertTrue(refusal(move(new Placement(1, 2, 1, 2, new int[][] {{0}, {1}}))).contains("2 hosts"));
        assertTrue(refusal(move(placement(0, 2, 1), 2)).contains("is drained"));
        apply(new Command.HostLost(2));
        assertTrue(refusal(move(placement(0, 2, 1))).contains("host 2, which is not there"));
        report(2);
        move(placement(0, 2, 1));
        assertTrue(refusal(move(placement(0, 1, 1))).contains("being moved already"));
    }

    @Test
    void shouldHaveNothingToDoWhereNothingChanges() {
        assertEquals(List.of(new Event.MoveFinished(1)), move(placement(5, 0, 1), 2));
        assertTrue(coordinator.host(2).isDrained());
    }

    @Test
    void shouldGiveAHostThatComesBackWithoutThemItsReplicas() {
        apply(new Command.HostLost(1));
        final List<Event> events = apply(new Command.HostReported(1, 99, 4, List.of(), List.of(), List.of(), ""));
        assertEquals(List.of(new Event.HostJoined(1), new Event.LoadOrdered(new Step(1, 0, 1))), events);
        assertEquals(List.of(), report(1, 1));
        assertEquals(FIRST, coordinator.published());
    }

    @Test
    void shouldLetAnotherHostLoadWhatNobodyServesAnyMore() {
        final List<Event> events = apply(new Command.HostLost(1));
        final Step step = ((Event.LastResort)events.get(1)).step();
        assertEquals(1, step.layer());
        assertTrue(step.host() != 1);
        assertEquals(List.of(new Event.HostGone(1), new Event.LastResort(step), new Event.LoadOrdered(step)), events);
        final Integer[] held = step.host() == 0 ? new Integer[] {0, 1} : new Integer[] {1};
        final List<Event> published = report(step.host(), held);
        final Placement next = ((Event.Published)published.getFirst()).placement();
        assertTrue(next.holds(1, 1, 0) && next.holds(step.host(), 1, 0), next::toString);
        assertEquals(2, next.epoch());
        apply(new Command.DecoderReported(7, 2));
        assertEquals(List.of(new Event.HostJoined(1)), report(1, 1), "both keep it");
    }

    @Test
    void shouldNotRescueExpertsThatNobodyHasServedYet() {
        apply(TestMembers.begin(FIRST));
        assertEquals(List.of(new Event.HostJoined(0)), report(0, 0));
        assertEquals(List.of(new Event.HostJoined(2)), report(2));
    }

    @Test
    void shouldFreeWhatAHostHoldsForNobody() {
        assertEquals(List.of(new Event.FreeOrdered(new Step(1, 0, 2))), report(2, 1));
    }

    @Test
    void shouldNotFreeBeforeADecoderIsHeardOf() {
        apply(TestMembers.begin(placement(4, 2, 1)));
        report(0, 0);
        report(1, 1);
        assertEquals(List.of(), report(0, 0));
        report(2, 0);
        assertEquals(List.of(), apply(new Command.DecoderReported(7, 1)));
        assertEquals(List.of(new Event.FreeOrdered(new Step(0, 0, 0))), apply(new Command.DecoderReported(7, 4)));
    }

    @Test
    void shouldGoOnAfterARestart() {
        move(placement(0, 2, 1), 0);
        final Command.Begin begin = coordinator.begin();
        final Coordinator next = new Coordinator(3, LIMITS);
        final List<Event> events = new ArrayList<>(next.apply(5, begin));
        for (int host = 0; host < 3; host++) {
            events.addAll(next.apply(6, new Command.HostReported(host, host, 4, host == 2 ? List.of() : List.of(host),
                List.of(), List.of(), "")));
        }
        assertTrue(events.contains(new Event.LoadOrdered(new Step(0, 0, 2))), events::toString);
        assertTrue(next.host(0).isDrained());
        assertFalse(next.host(1).isDrained());
    }

    @Test
    void shouldGiveUpATargetWhoseHostsDoNotComeBack() {
        move(placement(0, 2, 1));
        final Coordinator next = new Coordinator(3, LIMITS);
        next.apply(5, coordinator.begin());
        assertEquals(List.of(), next.apply(6, new Command.Tick()));
        assertTrue(reason(next.apply(5 + 20 * SECOND, new Command.Tick())).contains("Host 1 has not come back"));
    }
}
