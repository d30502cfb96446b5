package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ActiveWindowIdleStrategy;
import dev.convoke.core.Alarm;
import dev.convoke.core.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers of a paced host come when the device it stands for would have them, by a clock that the test owns. */
class PacedHostTest {
    private static final long FIXED_NS = 5_000;
    private static final long EXPERT_NS = 30_000;
    private static final long ROW_NS = 700;
    private static final long EXPERT_BYTES = 3L * RandomModel.HIDDEN * RandomModel.WIDTH * Float.BYTES;
    private static final long ROW_OPERATIONS = 6L * RandomModel.HIDDEN * RandomModel.WIDTH;
    private static final Pace PACE =
        new Pace(FIXED_NS, EXPERT_BYTES * 1e9 / EXPERT_NS, ROW_OPERATIONS * 1e9 / ROW_NS, 0);

    private final long seed = Long.getLong("convoke.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final RandomModel model = new RandomModel(seed);
    private HostFixture fixture;

    @AfterEach
    void stop() {
        System.out.println("PacedHostTest seed " + seed);
        fixture.close();
        model.close();
    }

    private DecoderSide open(final Pace pace, final Consumer<ExpertHostContext> settings) {
        fixture = HostFixture.with(model, RandomModel.allExperts(), DType.F32, context -> {
            context.pace(pace);
            settings.accept(context);
        });
        return fixture.connect(1);
    }

    private List<WireRow> rows(final int count, final int... experts) {
        return IntStream.range(0, count).mapToObj(row ->
            new WireRow(row, WireRow.randomValues(random, RandomModel.HIDDEN), experts)).toList();
    }

    private static long batchNs(final int experts, final int rows) {
        return FIXED_NS + experts * EXPERT_NS + rows * ROW_NS;
    }

    /** Lets everything happen that can happen now. */
    private void work() {
        int idle = 0;
        while (idle < 2) {
            idle = fixture.host.doWork() == 0 ? idle + 1 : 0;
        }
    }

    @Test
    void shouldAnswerWhenThePaceSaysAndNotBefore() {
        final DecoderSide decoder = open(PACE, context -> { });
        final long startNs = fixture.nowNs;
        decoder.dispatch(1, rows(3, 0, 4));
        work();
        fixture.nowNs = startNs + batchNs(2, 6) - 1;
        work();
        decoder.poll();
        assertTrue(decoder.results.isEmpty());
        fixture.nowNs++;
        work();
        decoder.poll();
        assertEquals(6, decoder.results.size());
        assertEquals(0, decoder.combines.getFirst().queueNs());
        assertEquals(batchNs(2, 6), decoder.combines.getFirst().computeNs());
        assertEquals(0, fixture.counters.value("expert_host_pace_overruns"));
    }

    @Test
    void shouldNotSpendTimeOnCopies() {
        final DecoderSide decoder = open(PACE, context -> { });
        final long startNs = fixture.nowNs;
        final List<WireRow> rows = rows(3, 0, 4);
        decoder.dispatch(1, rows);
        work();
        fixture.nowNs++;
        decoder.dispatch(1, rows);
        work();
        fixture.nowNs = startNs + batchNs(2, 6);
        work();
        decoder.dispatch(1, rows);
        work();
        fixture.nowNs += batchNs(2, 6);
        work();
        decoder.poll();
        assertEquals(6, decoder.results.size());
        assertEquals(0, decoder.repeatedResults);
        assertEquals(1, fixture.counters.value("expert_host_batches"));
        assertEquals(2, fixture.counters.value("expert_host_dispatches_repeated"));
    }

    @Test
    void shouldBatchWhatComesWhileItIsBusyAndTellHowLongEachWaited() {
        final DecoderSide first = open(PACE, context -> { });
        final DecoderSide second = fixture.connect(2);
        final long startNs = fixture.nowNs;
        first.dispatch(1, rows(1, 0));
        work();
        final long endNs = startNs + batchNs(1, 1);
        fixture.nowNs = startNs + 1_000;
        second.dispatch(2, rows(2, 0));
        work();
        fixture.nowNs = startNs + 2_000;
        first.dispatch(3, rows(1, 5));
        work();
        // Nobody looks exactly at the end; the timetable does not slip for it.
        fixture.nowNs = endNs + 123;
        work();
        first.poll();
        assertEquals(1, first.results.size());
        fixture.nowNs = endNs + batchNs(2, 3) - 1;
        work();
        first.poll();
        second.poll();
        assertEquals(1, first.results.size());
        assertTrue(second.results.isEmpty());
        fixture.nowNs++;
        work();
        first.poll();
        second.poll();
        assertEquals(2, first.results.size());
        assertEquals(2, second.results.size());
        assertEquals(endNs - startNs - 1_000, second.combines.getFirst().queueNs());
        assertEquals(endNs - startNs - 2_000, first.combines.getLast().queueNs());
        assertEquals(batchNs(2, 3), second.combines.getFirst().computeNs());
        assertEquals(2, fixture.counters.value("expert_host_batches"));
    }

    @Test
    void shouldTakeWhatCameForAllHostsOfAThreadBeforeItComputes() {
        final DecoderSide decoder = open(PACE, context -> { });
        decoder.dispatch(1, rows(1, 0));
        assertTrue(fixture.host.doWork() > 0);
        assertEquals(0, fixture.counters.value("expert_host_batches"));
        assertTrue(fixture.host.doWork() > 0);
        assertEquals(1, fixture.counters.value("expert_host_batches"));
        assertEquals(0, fixture.host.doWork());
    }

    @Test
    void shouldEndLateAndSayThatItDidWhenReallySlower() {
        final DecoderSide decoder = open(new Pace(10, 0, 0, 0), context -> { });
        fixture.tickNs = 1_000;
        decoder.dispatch(1, rows(1, 0));
        work();
        decoder.poll();
        assertEquals(1, decoder.results.size());
        assertEquals(1, fixture.counters.value("expert_host_pace_overruns"));
        assertTrue(decoder.combines.getFirst().computeNs() > 10);
        assertTrue(fixture.warnings.getFirst().contains("took longer than its pace: 1 more"),
            fixture.warnings::toString);
    }

    @Test
    void shouldTakeSoManyTimesWhatItReallyTakesWhenSlowedDown() {
        final DecoderSide decoder = open(new Pace(0, 0, 0, 7), context -> { });
        fixture.tickNs = 1_000;
        decoder.dispatch(1, rows(1, 0));
        fixture.settle();
        assertEquals(7_000, decoder.combines.getFirst().computeNs());
        assertEquals(0, fixture.counters.value("expert_host_pace_overruns"));
    }

    @Test
    void shouldFinishWhatItHoldsWhenDraining() {
        final DecoderSide decoder = open(PACE, context -> { });
        decoder.dispatch(1, rows(2, 1, 2));
        work();
        decoder.dispatch(2, rows(2, 3));
        work();
        fixture.host.drain();
        work();
        assertFalse(fixture.host.isDrained());
        fixture.nowNs += batchNs(2, 4);
        work();
        assertFalse(fixture.host.isDrained());
        fixture.nowNs += batchNs(1, 2);
        work();
        decoder.poll();
        assertTrue(fixture.host.isDrained());
        assertEquals(6, decoder.results.size());
    }

    @Test
    void shouldGiveTheBitsOfAHostThatIsNotPaced() {
        final List<WireRow> rows = rows(9, 5, 0, 3);
        final DecoderSide paced = open(PACE, context -> context.computeRows(10));
        paced.dispatch(1, rows);
        for (int i = 0; i < 10; i++) {
            work();
            paced.poll();
            fixture.nowNs += TimeUnit.SECONDS.toNanos(1);
        }
        try (HostFixture real = HostFixture.of(model, DType.F32)) {
            final DecoderSide decoder = real.connect(1);
            decoder.dispatch(1, rows);
            real.settle();
            assertEquals(27, decoder.results.size());
            assertEquals(decoder.results.keySet(), paced.results.keySet());
            decoder.results.forEach((key, row) -> assertArrayEquals(row, paced.results.get(key)));
        }
    }

    /** Random arrivals of two decoders against a plain simulation of one device. */
    @Test
    void shouldKeepTheTimetableOfOneDevice() {
        final DecoderSide first = open(PACE, context -> context.computeRows(2000));
        final List<DecoderSide> decoders = List.of(first, fixture.connect(2));
        final Device device = new Device();
        final long stepNs = 500;
        for (int step = 0; step < 8_000; step++) {
            if (random.nextInt(50) == 0) {
                final int count = 1 + random.nextInt(4);
                final int[] experts =
                    random.ints(0, RandomModel.EXPERTS).distinct().limit(1 + random.nextInt(3)).toArray();
                decoders.get(random.nextInt(2)).dispatch(step, rows(count, experts));
                device.arrived.add(new Arrival(fixture.nowNs, count, experts));
            }
            work();
            device.step(fixture.nowNs);
            decoders.forEach(DecoderSide::poll);
            assertEquals(device.answered, decoders.stream().mapToInt(each -> each.results.size()).sum(),
                "seed " + seed + " step " + step);
            fixture.nowNs += stepNs;
        }
        assertTrue(device.batches > 10, device.batches + " batches");
        assertEquals(device.queueNs, decoders.stream().flatMap(each -> each.combines.stream())
            .mapToLong(DecoderSide.Combine::queueNs).sum(), "seed " + seed);
    }

    @Test
    void shouldLetItsThreadParkUntilABatchIsOver() {
        final Alarm alarm = new Alarm();
        final DecoderSide decoder = open(new Pace(TimeUnit.MILLISECONDS.toNanos(5), 0, 0, 0),
            context -> context.alarm(alarm));
        final List<Long> parks = new ArrayList<>();
        final ActiveWindowIdleStrategy idle = new ActiveWindowIdleStrategy(() -> fixture.nowNs,
            TimeUnit.MILLISECONDS.toNanos(2), TimeUnit.MILLISECONDS.toNanos(1), alarm, durationNs -> {
                parks.add(durationNs);
                fixture.nowNs += durationNs + 20_000;
            });
        final long startNs = fixture.nowNs;
        decoder.dispatch(1, rows(1, 0));
        int yields = 0;
        while (decoder.results.isEmpty()) {
            final int parked = parks.size();
            idle.idle(fixture.host.doWork());
            if (parks.size() == parked) {
                fixture.nowNs += 1_000;
                yields++;
            }
            decoder.poll();
        }
        final long tookNs = fixture.nowNs - startNs - TimeUnit.MILLISECONDS.toNanos(5);
        assertTrue(tookNs >= 0 && tookNs <= 2_000, "late by " + tookNs);
        assertTrue(yields <= 40, yields + " yields beside parks of " + parks);
    }

    private record Arrival(long arrivedNs, int rows, int[] experts) {
    }

    private static final class Device {
        private final List<Arrival> arrived = new ArrayList<>();
        private List<Arrival> batch = List.of();
        private long startNs;
        private long endNs = Long.MIN_VALUE;
        private int answered;
        private int batches;
        private long queueNs;

        void step(final long nowNs) {
            if (nowNs < endNs) {
                return;
            }
            for (final Arrival each : batch) {
                answered += each.rows() * each.experts().length;
                queueNs += startNs - each.arrivedNs();
            }
            batch = List.of();
            if (arrived.isEmpty()) {
                return;
            }
            batch = List.copyOf(arrived);
            arrived.clear();
            batches++;
            startNs = Math.max(endNs, batch.getLast().arrivedNs());
            endNs = startNs + batchNs(
                (int)batch.stream().flatMapToInt(each -> IntStream.of(each.experts())).distinct().count(),
                batch.stream().mapToInt(each -> each.rows() * each.experts().length).sum());
        }
    }
}
