package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a host does while a device computes. */
class ExpertLanesTest {
    private static final DType DTYPE = DType.BF16;

    private final SplittableRandom random = new SplittableRandom(5);
    private final RandomModel model = new RandomModel(5);
    private final LateBackend device = new LateBackend();
    private final HostFixture fixture = HostFixture.with(model, device, DTYPE, 1, context -> context.computeRows(20));

    @AfterEach
    void stop() {
        fixture.close();
        model.close();
    }

    private List<WireRow> rows(final int count) {
        final List<WireRow> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(new WireRow(i, WireRow.randomValues(random, RandomModel.HIDDEN), random.nextInt(3),
                3 + random.nextInt(3)));
        }
        return rows;
    }

    private void assertAnswered(final DecoderSide decoder, final long exchange, final List<WireRow> rows) {
        for (final WireRow row : rows) {
            for (int slot = 0; slot < row.experts().length; slot++) {
                final ExpertId expert = new ExpertId(0, row.experts()[slot]);
                final DecoderSide.Key key =
                    new DecoderSide.Key(exchange, 0, 0, row.row(), slot, row.experts()[slot]);
                DecoderSide.assertBits(DirectExpert.compute(model.tensorsOf(expert), DTYPE,
                    DirectExpert.operand(DTYPE, row.values())), decoder.results.get(key), key);
            }
        }
    }

    @Test
    void shouldTakeFramesWhileADeviceComputes() {
        final DecoderSide first = fixture.connect(1);
        final DecoderSide second = fixture.connect(2);
        final List<WireRow> firstRows = rows(5);
        final List<WireRow> secondRows = rows(7);
        first.dispatch(1, firstRows);
        assertTrue(fixture.host.doWork() > 0);
        assertEquals(1, device.running.size());
        second.dispatch(2, secondRows);
        assertTrue(fixture.host.doWork() > 0);
        assertEquals(2, device.running.size(), "the second frame has its own batch");
        device.running.getLast().end();
        fixture.host.doWork();
        second.poll();
        first.poll();
        assertAnswered(second, 2, secondRows);
        assertTrue(first.results.isEmpty());
        device.running.getFirst().end();
        fixture.host.doWork();
        first.poll();
        assertAnswered(first, 1, firstRows);
    }

    @Test
    void shouldLeaveFramesWithTheExchangeWhenEveryLaneIsTaken() {
        final DecoderSide decoder = fixture.connect(1);
        final List<List<WireRow>> sent = new ArrayList<>();
        for (int exchange = 0; exchange < 3; exchange++) {
            sent.add(rows(2));
            decoder.dispatch(exchange, sent.getLast());
            fixture.host.doWork();
        }
        assertEquals(2, device.running.size());
        assertEquals(2, fixture.counters.value("expert_host_dispatches"));
        while (!device.running.isEmpty()) {
            device.running.getFirst().end();
            fixture.host.doWork();
            decoder.poll();
        }
        for (int exchange = 0; exchange < 3; exchange++) {
            assertAnswered(decoder, exchange, sent.get(exchange));
        }
        fixture.host.doWork();
        assertEquals(0, fixture.host.doWork());
    }

    @Test
    void shouldComputeMoreRowsThanABatchTakesOneBatchAfterTheOther() {
        final DecoderSide decoder = fixture.connect(1);
        final List<WireRow> rows = rows(25);
        decoder.dispatch(1, rows);
        fixture.host.doWork();
        int batches = 0;
        while (!device.running.isEmpty()) {
            assertEquals(1, device.running.size());
            device.running.getFirst().end();
            batches++;
            fixture.host.doWork();
            decoder.poll();
        }
        assertTrue(batches >= 3, () -> "50 results in batches of 20");
        assertAnswered(decoder, 1, rows);
    }

    @Test
    void shouldAnswerRowsWhileOthersAreComputed() {
        final DecoderSide first = fixture.connect(1);
        final DecoderSide second = fixture.connect(2);
        final List<List<WireRow>> rows = List.of(rows(4), rows(3));
        first.dispatch(1, rows.getFirst());
        second.dispatch(2, rows.getLast());
        fixture.host.doWork();
        for (final int computed : new int[] {1, 6, 13}) {
            device.running.getFirst().compute(computed);
            assertTrue(fixture.host.doWork() > 0, "a device is at work");
            first.poll();
            second.poll();
            assertEquals(computed, first.results.size() + second.results.size());
            assertEquals(0, fixture.counters.value("expert_host_batches"));
        }
        device.running.getFirst().end();
        fixture.host.doWork();
        first.poll();
        second.poll();
        assertAnswered(first, 1, rows.getFirst());
        assertAnswered(second, 2, rows.getLast());
        assertEquals(14, first.results.size() + second.results.size());
        assertEquals(1, fixture.counters.value("expert_host_batches"));
    }

    @Test
    void shouldNotBeDrainedBeforeTheDeviceIsDone() {
        final DecoderSide decoder = fixture.connect(1);
        final List<WireRow> rows = rows(3);
        decoder.dispatch(1, rows);
        fixture.host.doWork();
        fixture.host.drain();
        fixture.host.doWork();
        assertFalse(fixture.host.isDrained());
        device.running.getFirst().end();
        fixture.host.doWork();
        decoder.poll();
        assertAnswered(decoder, 1, rows);
        assertTrue(fixture.host.isDrained());
    }
}
