package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.NumericsId;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.FrameIdentity;
import dev.convoke.transport.codec.ErrorCode;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts of other numerics: refused, or in the place that the operator gave them, and counted. */
@Timeout(30)
class MixedNumericsTest {
    private static final NumericsId OWN = NumericsId.CANONICAL_1;
    private static final NumericsId OTHER = NumericsId.cuda(90, 1);
    private static final int ROWS = 16;
    private static final long SILENCE_NS = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(1);
    private static final RoutedModel MODEL = RoutingRig.model(DType.BF16, 40);

    private final SplittableRandom random = new SplittableRandom(27);
    private RoutingRig rig;
    private ExchangeHandle handle;
    private RoutingPlan plan;
    private RowBuffer rows;

    /** Every expert on all hosts; the last of them compute something else. */
    private void open(final int hosts, final int others, final List<NumericsId> accepted) {
        rig = new RoutingRig(MODEL, RoutingRig.replicated(MODEL, hosts, hosts), 4096, (exchange, clock) -> exchange,
            context -> context.acceptedNumerics(accepted).resendAfterNs(LONGEST_NS).leastResendAfterNs(SILENCE_NS));
        for (int host = hosts - others; host < hosts; host++) {
            rig.hosts.get(host).numericsId = OTHER.value();
        }
        handle = rig.handle();
        plan = rig.randomPlan(random, ROWS);
        rows = rig.randomRows(random);
    }

    @AfterEach
    void close() {
        if (rig != null) {
            rig.close();
        }
    }

    private void assertCompletes() {
        rig.service.dispatch(0, plan, rows, handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle), handle::failure);
        rig.assertAnswered(0, plan, rows, handle);
    }

    private void idleFor(final long ns) {
        final long endNs = rig.nowNs + ns;
        rig.pollUntil(() -> rig.nowNs >= endNs);
    }

    private long otherEntries(final int host) {
        return rig.counters.labelled("host", "host-" + host).labelled("numerics", OTHER.toString())
            .value("moe_other_numerics_entries");
    }

    private boolean isUp(final int host) {
        return rig.counters.labelled("host", "host-" + host).value("moe_expert_host_up") == 1;
    }

    private long value(final String counter) {
        return rig.counters.value(counter);
    }

    @Test
    void shouldRefuseOtherNumericsUnlessTheyAreAccepted() {
        open(1, 1, List.of());
        rig.pollUntil(() -> rig.service.notReadyReason().contains("refuses"));
        assertTrue(rig.service.notReadyReason().startsWith("Expert host host-0 refuses (wrong numerics): it computes "
            + "cuda-sm90-1 and this decoder canonical-1, so that their bits differ; start both with the same backend "
            + "and dtype, or start the decoder with --accept-numerics cuda-sm90-1, and texts may depend on which hosts "
            + "compute them."), rig.service::notReadyReason);
        assertEquals(List.of(), rig.service.notices());
    }

    @Test
    void shouldTakeWhatIsAcceptedAndSayAndCountIt() {
        open(1, 1, List.of(OTHER));
        rig.ready();
        rig.service.poll();
        assertEquals(1, rig.service.notices().size());
        assertTrue(rig.service.notices().getFirst().startsWith("Expert host host-0 computes cuda-sm90-1 and this "
            + "decoder canonical-1:"), rig.service.notices()::toString);
        assertTrue(rig.service.isComplete());
        assertCompletes();
        assertEquals(plan.entries(), otherEntries(0));
        assertEquals(plan.entries(), handle.otherNumerics());
        for (int row = 0; row < ROWS; row++) {
            assertEquals(MODEL.topK(), handle.otherNumerics(row));
        }
        assertEquals(0, value("routing_answers_foreign"));
    }

    @Test
    void shouldTurnToOtherNumericsOnlyWhenNoneOfItsOwnAnswers() {
        open(3, 1, List.of(OTHER));
        rig.pollUntil(() -> IntStream.range(0, 3).allMatch(this::isUp));
        // The other host has nothing to do, and is given copies now and then: what comes of them is not taken.
        for (int i = 0; i < 20; i++) {
            idleFor(TimeUnit.MILLISECONDS.toNanos(120));
            assertCompletes();
            assertEquals(0, handle.otherNumerics());
        }
        assertTrue(rig.hosts.get(2).asked.size() > 0 && value("moe_trials") > 0);
        assertEquals(0, otherEntries(2));
        assertEquals(0, value("routing_results_foreign"));
        rig.hosts.get(0).dead = true;
        assertCompletes();
        assertEquals(0, otherEntries(2), "one of its own is left");
        rig.hosts.get(1).dead = true;
        assertCompletes();
        assertTrue(otherEntries(2) > 0);
        assertEquals(otherEntries(2), handle.otherNumerics());
        assertEquals(handle.otherNumerics(), IntStream.range(0, ROWS).map(handle::otherNumerics).sum());
        rig.hosts.get(0).dead = false;
        rig.pollUntil(() -> {
            assertCompletes();
            return handle.otherNumerics() == 0;
        });
        final long before = otherEntries(2);
        assertCompletes();
        assertEquals(before, otherEntries(2), "its own is back");
    }

    @Test
    void shouldPreferOtherNumericsThatAreListedBeforeItsOwn() {
        open(2, 1, List.of(OTHER, OWN));
        rig.pollUntil(() -> isUp(0) && isUp(1));
        assertCompletes();
        assertEquals(plan.entries(), otherEntries(1));
        rig.hosts.get(1).close();
        assertCompletes();
        assertEquals(0, handle.otherNumerics());
        assertEquals(plan.entries(), otherEntries(1));
        rig.hosts.set(1, rig.bind(1));
        rig.hosts.get(1).numericsId = OWN.value();
        rig.pollUntil(() -> isUp(1));
        assertCompletes();
        assertEquals(plan.entries(), otherEntries(1), "the host computes the decoder's numerics now");
        assertEquals(List.of(), rig.service.notices());
    }

    @Test
    void shouldNotHaveOtherBitsBecauseAHostIsLate() {
        assertTrue(hedgesForALateHost(0) > 0, "of its own numerics others are asked");
        assertEquals(0, hedgesForALateHost(1));
        assertEquals(0, otherEntries(1));
    }

    private long hedgesForALateHost(final int others) {
        close();
        open(2, others, List.of(OTHER));
        rig.pollUntil(() -> isUp(0) && isUp(1));
        rig.hosts.forEach(host -> host.nsPerExpert = TimeUnit.MILLISECONDS.toNanos(1));
        for (int i = 0; i < 400; i++) {
            // Later than nearly always, and not yet so late that it counts as silent.
            final long wakesNs = rig.nowNs + (i > 200 && i % 20 == 0 ? SILENCE_NS * 3 / 4 : 0);
            rig.beforeHosts = () -> rig.hosts.get(0).asleep = rig.nowNs < wakesNs;
            assertCompletes();
        }
        return value("moe_hedges");
    }

    @Test
    void shouldNotBeHarmedByAHostThatSaysItComputesWhatItLikes() {
        open(2, 1, List.of(OTHER));
        rig.pollUntil(() -> isUp(0) && isUp(1));
        final ScriptedHost liar = rig.hosts.get(1);
        final long startNs = rig.nowNs;
        final int hellos = liar.hellos;
        rig.beforeHosts = () -> {
            liar.numericsId = switch (random.nextInt(4)) {
                case 0 -> OWN.value();
                case 1 -> OTHER.value();
                case 2 -> random.nextInt();
                default -> liar.numericsId;
            };
            if (random.nextInt(8) == 0 && !liar.dispatches.isEmpty()) {
                liar.refuse(new FrameIdentity().copyFrom(liar.dispatches.getLast()).numericsId(
                    random.nextBoolean() ? OTHER.value() : random.nextInt()), ErrorCode.WRONG_NUMERICS);
            }
        };
        for (int i = 0; i < 300; i++) {
            idleFor(TimeUnit.MILLISECONDS.toNanos(2));
            assertCompletes();
        }
        final long most = (rig.nowNs - startNs) / RoutingRig.RESEND_AFTER_NS + 2;
        assertTrue(liar.hellos - hellos <= most, () -> liar.hellos - hellos + " greetings, not " + most);
        rig.beforeHosts = () -> { };
        liar.numericsId = OTHER.value();
        rig.pollUntil(() -> isUp(1));
        assertCompletes();
    }

    @Test
    void shouldSayThatNumericsTakeNoRowsOfItsType() {
        rig = null;
        final RoutedModel model = RoutingRig.model(DType.F32, 40);
        assertTrue(assertThrows(ConfigurationException.class, () -> new RoutingRig(model,
            RoutingRig.replicated(model, 1, 1), 4096, (exchange, clock) -> exchange,
            context -> context.acceptedNumerics(List.of(OTHER)))).getMessage()
            .startsWith("cuda-sm90-1 takes no rows in f32"));
        assertTrue(assertThrows(ConfigurationException.class, () -> new RoutingRig(MODEL,
            RoutingRig.replicated(MODEL, 1, 1), 4096, (exchange, clock) -> exchange,
            context -> context.acceptedNumerics(List.of(OTHER, OTHER)))).getMessage().contains("twice"));
    }
}
