package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.timing.DurationRecorder;
import dev.convoke.core.timing.DurationTotal;
import dev.convoke.core.timing.Stage;
import dev.convoke.core.timing.StageClock;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a wait is said to have been for. The rig's clock moves only while the service idles. */
class ExchangeTimesTest {
    private static final int LAYER = 2;

    private final SplittableRandom random = new SplittableRandom(3);

    @Test
    void shouldDivideAWaitIntoWhatTheHostSaysAndTheNetwork() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 2).ready()) {
            // The host has to be asked again for these, so that the clock moves.
            rig.hosts.get(0).withheldResults = 2;
            rig.context.stageClock().begin();
            exchange(rig);
            rig.context.stageClock().end();
            final long waitNs = recorder(rig, StageClock.STAGE, Map.of("stage", Stage.WAIT.label())).sumNs();
            assertTrue(waitNs >= RoutingRig.RESEND_AFTER_NS, "waited " + waitNs);
            assertEquals(ScriptedHost.COMPUTE_NS, layerNs(rig, "expert"));
            assertEquals(ScriptedHost.QUEUE_NS, layerNs(rig, "queue"));
            assertEquals(waitNs - ScriptedHost.COMPUTE_NS - ScriptedHost.QUEUE_NS, layerNs(rig, "network"));
            assertEquals(ScriptedHost.COMPUTE_NS, host(rig, 0, "expert").sumNs());
            assertEquals(ScriptedHost.QUEUE_NS, host(rig, 0, "queue").sumNs());
            assertTrue(host(rig, 0, "network").sumNs() >= RoutingRig.RESEND_AFTER_NS - ScriptedHost.COMPUTE_NS
                - ScriptedHost.QUEUE_NS);
            assertTrue(host(rig, 1, "network").sumNs() < RoutingRig.IDLE_NS, "it answered at once");
        }
    }

    @Test
    void shouldAddUpWhatHostsComputeThatTakeTurns() {
        final RoutedModel model = RoutingRig.model(DType.F32, 16);
        try (RoutingRig rig = new RoutingRig(model, RoutingRig.replicated(model, 2, 1), 4096,
            (exchange, clock) -> exchange, context -> context.hostsTakeTurns(true)).ready()) {
            // Both are asked again, since the rig's clock moves for nothing less.
            rig.hosts.forEach(host -> host.withheldResults = 2);
            rig.context.stageClock().begin();
            exchange(rig);
            rig.context.stageClock().end();
            assertEquals(2 * ScriptedHost.COMPUTE_NS, layerNs(rig, "expert"));
            assertEquals(ScriptedHost.COMPUTE_NS, host(rig, 0, "expert").sumNs());
            assertEquals(ScriptedHost.COMPUTE_NS, host(rig, 1, "expert").sumNs());
        }
    }

    @Test
    void shouldNotBelieveMoreThanWasWaited() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 1).ready()) {
            // The answer comes in the first turn, in no time by the rig's clock, whatever the host claims.
            rig.context.stageClock().begin();
            exchange(rig);
            rig.context.stageClock().end();
            final long waitNs = recorder(rig, StageClock.STAGE, Map.of("stage", Stage.WAIT.label())).sumNs();
            assertEquals(waitNs, layerNs(rig, "expert") + layerNs(rig, "queue") + layerNs(rig, "network"));
            final DurationRecorder expert = host(rig, 0, "expert");
            assertEquals(1, expert.total().getTotalCount());
        }
    }

    @Test
    void shouldMeasureHostsOutsideSteps() {
        try (RoutingRig rig = new RoutingRig(RoutingRig.model(DType.F32, 16), 1).ready()) {
            exchange(rig);
            assertEquals(1, host(rig, 0, "network").total().getTotalCount());
            assertEquals(0, layerNs(rig, "network"));
        }
    }

    private void exchange(final RoutingRig rig) {
        final ExchangeHandle handle = rig.handle();
        rig.context.stageClock().enter(Stage.GATE, LAYER);
        rig.service.dispatch(LAYER, rig.randomPlan(random, 40), rig.randomRows(random), handle);
        assertEquals(ExchangeOutcome.COMPLETE, rig.service.await(handle));
        // Hosts' times are recorded when nobody waits for it.
        rig.service.poll();
    }

    private static DurationRecorder host(final RoutingRig rig, final int host, final String part) {
        return recorder(rig, ExchangeTimes.HOST,
            Map.of("host", rig.context.hostAddresses().get(host), "part", part));
    }

    private static DurationRecorder recorder(final RoutingRig rig, final String name,
        final Map<String, String> labels) {
        return rig.context.timings().recorders().stream()
            .filter(recorder -> recorder.identity().name().equals(name) && recorder.labels().equals(labels))
            .findFirst().orElseThrow();
    }

    private static long layerNs(final RoutingRig rig, final String part) {
        return rig.context.timings().totals().stream()
            .filter(total -> total.identity().name().equals(ExchangeTimes.LAYER_WAIT)
                && total.identity().labels().equals(Map.of("layer", String.valueOf(LAYER), "part", part)))
            .mapToLong(DurationTotal::ns).findFirst().orElseThrow();
    }
}
