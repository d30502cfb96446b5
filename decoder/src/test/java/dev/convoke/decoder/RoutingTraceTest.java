package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.decoder.trace.RoutingRecorder;
import dev.convoke.decoder.trace.RoutingRecording;
import dev.convoke.decoder.trace.TraceTransfer;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.trace.TraceEnd;
import dev.convoke.loadbalance.trace.TraceLimits;
import dev.convoke.loadbalance.trace.TraceReader;
import dev.convoke.loadbalance.trace.TraceStep;
import dev.convoke.routing.RoutedModel;
import dev.convoke.tensor.RowBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.Test;

/** What is recorded is what was routed, whatever happens meanwhile. */
class RoutingTraceTest {
    private static final RoutedModel MODEL = Models.GOLDEN_MIXTRAL.routed(DType.F32);
    private static final IdleStrategy NO_IDLING = NoOpIdleStrategy.INSTANCE;

    private final Counters counters = new Counters();
    private final RoutingRecorder recorder = new RoutingRecorder("golden", MODEL, 256, counters);
    private final PlainRoutes plain = new PlainRoutes();

    private TestCluster.Builder golden() {
        return TestCluster.of(Models.GOLDEN_MIXTRAL).hosts(2).observer(plain.and(recorder));
    }

    private RoutingRecording start() {
        return recorder.tryStart("", TraceLimits.MOST_BYTES, SystemNanoClock.INSTANCE).orElseThrow();
    }

    private static GenerationRequest request(final SplittableRandom random, final String label) {
        return GenerationRequest.of(random.ints(1 + random.nextInt(40), 0, 500).toArray())
            .maxTokens(1 + random.nextInt(20)).label(label).build();
    }

    private static TraceReader transferred(final RoutingRecording recording) {
        recording.stop();
        return transferred(recording, TraceTransfer.Limits.NONE, () -> 0);
    }

    private static TraceReader transferred(final RoutingRecording recording,
        final TraceTransfer.Limits limits, final NanoClock clock) {
        final Bytes bytes = new Bytes();
        try {
            new TraceTransfer(recording, bytes).run(limits, clock, NO_IDLING);
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
        return new TraceReader("recorded", ByteBuffer.wrap(bytes.written.toByteArray()));
    }

    @Test
    void shouldRecordTheRoutesOfEveryStep() {
        final SplittableRandom random = Seeds.random("RoutingTraceTest");
        final List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            requests.add(request(random, i % 3 == 0 ? "" : i % 3 == 1 ? "one" : "two"));
        }
        final RoutingRecording recording = start();
        assertTrue(recorder.tryStart("", TraceLimits.MOST_BYTES, SystemNanoClock.INSTANCE).isEmpty(), "two at a time");
        try (TestCluster cluster = golden().settings(context -> context.tokenBudget(32).maxSequences(8)).start()) {
            cluster.run(requests.toArray(GenerationRequest[]::new));
        }
        final TraceReader reader = transferred(recording);
        final TraceStep step = new TraceStep(reader.header());
        for (final PlainStep expected : plain.steps) {
            assertTrue(reader.next(step));
            expected.assertEqual(step, reader.labels());
        }
        assertFalse(reader.next(step));
        assertEquals(new TraceEnd(plain.steps.size(), plain.steps.stream().mapToLong(PlainStep::rows).sum(), 0,
            TraceEnd.Reason.STOPPED), reader.end());
        assertEquals(List.of("", "one", "two"), reader.labels().stream().sorted().toList());
        assertEquals(plain.steps.size(), counters.value("routing_trace_steps"));
        assertTrue(recorder.running().isEmpty());
    }

    @Test
    void shouldRecordTheSameRoutesHoweverRowsAreBatched() {
        final Map<String, List<Integer>> alone = routesByRow(1, 7, 1);
        final Map<String, List<Integer>> together = routesByRow(16, 64, 3);
        assertTrue(alone.size() > 500);
        assertEquals(alone, together);
    }

    /** Experts of every layer, by sequence and position. */
    private Map<String, List<Integer>> routesByRow(final int sequences, final int budget, final int hosts) {
        final SplittableRandom random = new SplittableRandom(11);
        final List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            requests.add(request(random, ""));
        }
        final RoutingRecording recording = start();
        try (TestCluster cluster = golden().hosts(hosts)
            .settings(context -> context.tokenBudget(budget).maxSequences(sequences)).start()) {
            cluster.run(requests.toArray(GenerationRequest[]::new));
        }
        final TraceReader reader = transferred(recording);
        final TraceStep step = new TraceStep(reader.header());
        final Map<String, List<Integer>> routes = new HashMap<>();
        while (reader.next(step)) {
            int row = 0;
            for (int run = 0; run < step.runs(); run++) {
                for (int i = 0; i < step.rows(run); i++, row++) {
                    routes.put(step.sequence(run) + "@" + (step.position(run) + i), experts(step, row));
                }
            }
        }
        return routes;
    }

    private static List<Integer> experts(final TraceStep step, final int row) {
        final List<Integer> experts = new ArrayList<>();
        for (int layer = 0; layer < MODEL.layers(); layer++) {
            for (int slot = 0; slot < MODEL.topK(); slot++) {
                experts.add(step.expert(layer, row, slot));
            }
        }
        return experts;
    }

    @Test
    void shouldLeaveOutAStepThatFails() {
        final GenerationRequest failing = GenerationRequest.of(1, 2, 3).maxTokens(4).label("failing").build();
        final GenerationRequest sound = GenerationRequest.of(4, 5).maxTokens(4).label("sound").build();
        final RoutingRecording recording = start();
        try (TestCluster cluster = golden().routingSettings(context -> context
            .exchangeDeadlineNs(TimeUnit.MILLISECONDS.toNanos(20)).resendAfterNs(TimeUnit.MILLISECONDS.toNanos(5)))
            .start()) {
            cluster.pauseHosts(true);
            cluster.submit(failing);
            cluster.runUntil(failing.stream()::isFinished);
            assertEquals(FinishReason.UNAVAILABLE, failing.stream().finishReason());
            cluster.pauseHosts(false);
            cluster.run(sound);
        }
        final TraceReader reader = transferred(recording);
        final TraceStep step = new TraceStep(reader.header());
        int steps = 0;
        while (reader.next(step)) {
            assertEquals(1, step.runs());
            assertEquals("sound", reader.labels().get(step.label(0)));
            assertEquals(MODEL.layers(), step.routedLayers());
            steps++;
        }
        assertEquals(4, steps);
    }

    @Test
    void shouldLeaveOutWholeStepsWhenNobodyEmptiesTheRingAndGoOnDecoding() {
        final RoutingRecording recording = start();
        try (TestCluster cluster = golden().start()) {
            while (recording.droppedSteps() < 100) {
                final GenerationRequest[] requests = new GenerationRequest[16];
                Arrays.setAll(requests, i -> GenerationRequest.of(1 + i, 2).maxTokens(400).build());
                cluster.run(requests);
            }
        }
        final TraceReader reader = transferred(recording);
        final TraceStep step = new TraceStep(reader.header());
        long last = -1;
        while (reader.next(step)) {
            assertEquals(last + 1, step.number());
            last = step.number();
        }
        assertTrue(reader.end().droppedSteps() >= 100);
        assertEquals(plain.steps.size(), reader.end().steps() + reader.end().droppedSteps());
        assertEquals(reader.end().droppedSteps(), counters.value("routing_trace_steps_dropped"));
    }

    @Test
    void shouldEndWhenItsTimeOrItsRoomIsOver() {
        try (TestCluster cluster = golden().start()) {
            final RoutingRecording small = recorder.tryStart("", 2000, SystemNanoClock.INSTANCE).orElseThrow();
            cluster.run(GenerationRequest.of(1, 2, 3).maxTokens(300).build());
            final TraceReader reader = transferred(small, TraceTransfer.Limits.NONE, () -> 0);
            final TraceStep step = new TraceStep(reader.header());
            while (reader.next(step)) {
                assertNotNull(step);
            }
            assertEquals(TraceEnd.Reason.SIZE, reader.end().reason());
            assertTrue(reader.end().steps() > 20);
            assertTrue(reader.blockEnd() <= 2000);

            final RoutingRecording shortOne = start();
            cluster.run(GenerationRequest.of(1, 2, 3).maxTokens(30).build());
            final long[] timeNs = {0};
            final TraceReader timed = transferred(shortOne, new TraceTransfer.Limits(1000, 1000),
                () -> timeNs[0] += 400);
            while (timed.next(step)) {
                assertNotNull(step);
            }
            assertEquals(TraceEnd.Reason.TIME, timed.end().reason());
            assertEquals(30, timed.end().steps());
            assertTrue(recorder.running().isEmpty());

            final RoutingRecording few = start();
            cluster.run(GenerationRequest.of(1, 2, 3).maxTokens(30).build());
            final TraceReader counted = transferred(few, new TraceTransfer.Limits(Long.MAX_VALUE, 7), () -> 0);
            while (counted.next(step)) {
                assertNotNull(step);
            }
            assertEquals(TraceEnd.Reason.STEPS, counted.end().reason());
            assertEquals(7, counted.end().steps());
            assertTrue(recorder.running().isEmpty());
        }
    }

    @Test
    void shouldLabelRowsThatHaveNoLabelWithTheRecordingsDomain() {
        final RoutingRecording recording = recorder.tryStart("live", TraceLimits.MOST_BYTES,
            SystemNanoClock.INSTANCE).orElseThrow();
        try (TestCluster cluster = golden().start()) {
            cluster.run(GenerationRequest.of(1, 2).maxTokens(1).label("own").build());
            cluster.run(GenerationRequest.of(1, 2).maxTokens(1).build());
        }
        final TraceReader reader = transferred(recording);
        final TraceStep step = new TraceStep(reader.header());
        for (final String label : List.of("own", "live")) {
            assertTrue(reader.next(step));
            assertEquals(label, reader.labels().get(step.label(0)));
        }
        assertFalse(reader.next(step));
    }

    @Test
    void shouldCountRowsOfTooManyLabelsAsUnlabelled() {
        final RoutingRecording recording = start();
        try (TestCluster cluster = golden().settings(context -> context.maxWaiting(100)).start()) {
            for (int i = 0; i < 70; i++) {
                cluster.run(GenerationRequest.of(1, 2).maxTokens(1).label("label " + i).build());
            }
            cluster.run(GenerationRequest.of(1, 2).maxTokens(1).label("\u001b[2J").build());
        }
        final TraceReader reader = transferred(recording);
        final TraceStep step = new TraceStep(reader.header());
        for (int i = 0; i <= 70; i++) {
            assertTrue(reader.next(step));
            assertEquals(i < 64 ? "label " + i : "", reader.labels().get(step.label(0)));
        }
        assertFalse(reader.next(step));
    }

    /** What the recorder should see, kept in the plainest way. */
    private static final class PlainRoutes implements StepObserver {
        private final List<PlainStep> steps = new ArrayList<>();
        private PlainStep current;

        @Override
        public void onRouting(final int layer, final StepBatch batch, final RowBuffer logits,
            final RoutingPlan plan) {
            if (layer == 0) {
                current = new PlainStep(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
                for (int row = 0; row < batch.rows(); row++) {
                    current.requests.add(batch.request(row));
                    current.positions.add(batch.position(row));
                }
            }
            final int[] experts = new int[plan.entries()];
            for (int entry = 0; entry < experts.length; entry++) {
                experts[entry] = plan.expert(entry);
            }
            current.experts.add(experts);
        }

        @Override
        public void onLogits(final StepBatch batch, final RowBuffer logits) {
            steps.add(current);
        }
    }

    private record PlainStep(List<GenerationRequest> requests, List<Integer> positions, List<int[]> experts) {
        int rows() {
            return requests.size();
        }

        void assertEqual(final TraceStep step, final List<String> labels) {
            assertEquals(rows(), step.rows());
            int row = 0;
            for (int run = 0; run < step.runs(); run++) {
                assertTrue(run == 0 || step.sequence(run) != step.sequence(run - 1));
                assertEquals(step.isDecode(run), step.position(run) >= requests.get(row).promptLength());
                for (int i = 0; i < step.rows(run); i++, row++) {
                    assertEquals(requests.get(row).number(), step.sequence(run));
                    assertEquals(requests.get(row).label(), labels.get(step.label(run)));
                    assertEquals(positions.get(row), step.position(run) + i);
                }
            }
            for (int layer = 0; layer < experts.size(); layer++) {
                final int[] actual = new int[rows() * MODEL.topK()];
                for (int entry = 0; entry < actual.length; entry++) {
                    actual[entry] = step.expert(layer, entry / MODEL.topK(), entry % MODEL.topK());
                }
                assertArrayEquals(experts.get(layer), actual);
            }
        }
    }

    private static final class Bytes implements TraceTransfer.Destination {
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();

        @Override
        public void write(final ByteBuffer piece) {
            while (piece.hasRemaining()) {
                written.write(piece.get());
            }
        }

        @Override
        public void flush() {
            // There already.
        }
    }
}
