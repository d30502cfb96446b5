package dev.convoke.experthost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.transport.codec.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Back-pressure, capacity, timings and draining. */
class ExpertHostFlowTest {
    private static final long ANSWER_TIMEOUT_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long PART_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final RandomModel model = new RandomModel(3);
    private final SplittableRandom random = new SplittableRandom(3);
    private HostFixture fixture;

    @BeforeEach
    void start() {
        fixture = HostFixture.of(model, DType.F32);
    }

    @AfterEach
    void stop() {
        fixture.close();
        model.close();
    }

    /** Rows that every expert wants. */
    private List<WireRow> rows(final int count) {
        final List<WireRow> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(new WireRow(i, WireRow.randomValues(random, RandomModel.HIDDEN), 0, 1, 2, 3, 4, 5));
        }
        return rows;
    }

    /** More answers than lie in a ring between host and decoder. */
    private void dispatchMoreThanTheRingHolds(final DecoderSide decoder, final int exchanges) {
        for (int exchange = 0; exchange < exchanges; exchange++) {
            decoder.dispatch(exchange, rows(20));
        }
    }

    private void passTheTimeout() {
        for (int i = 0; i < 50; i++) {
            fixture.nowNs += ANSWER_TIMEOUT_NS / 50;
            fixture.host.doWork();
        }
    }

    @Test
    void shouldReturnNoWorkWhenNothingCame() {
        fixture.connect(1);
        fixture.host.doWork();
        assertEquals(0, fixture.host.doWork());
    }

    @Test
    void shouldComputeThePartsOfAnExchangeTogether() {
        final DecoderSide decoder = fixture.connect(1);
        for (int part = 0; part < 3; part++) {
            fixture.settle();
            assertEquals(0, fixture.counters.value("expert_host_batches"), "with " + part + " of 3 parts");
            fixture.nowNs += PART_WAIT_NS - 1;
            decoder.identity.part(part, 3);
            decoder.dispatch(1, rows(2));
        }
        fixture.settle();
        assertEquals(1, fixture.counters.value("expert_host_batches"));
        assertEquals(3 * 12, decoder.results.size());
    }

    @Test
    void shouldAwaitPartsForLongerTheLongerABatchTakes() {
        final DecoderSide decoder = fixture.connect(1);
        fixture.tickNs = 16 * PART_WAIT_NS;
        decoder.dispatch(1, rows(2));
        fixture.settle();
        fixture.tickNs = 0;
        decoder.identity.part(0, 2);
        decoder.dispatch(2, rows(2));
        fixture.settle();
        fixture.nowNs += 2 * PART_WAIT_NS - 1;
        fixture.settle();
        assertEquals(1, fixture.counters.value("expert_host_batches"));
        fixture.nowNs++;
        fixture.settle();
        assertEquals(2, fixture.counters.value("expert_host_batches"));
    }

    @Test
    void shouldComputeWithoutAPartThatDoesNotCome() {
        final DecoderSide decoder = fixture.connect(1);
        decoder.identity.part(0, 2);
        decoder.dispatch(1, rows(2));
        fixture.settle();
        fixture.nowNs += PART_WAIT_NS;
        fixture.settle();
        assertEquals(12, decoder.results.size());
        decoder.identity.part(1, 2);
        decoder.dispatch(1, rows(1));
        fixture.settle();
        assertEquals(18, decoder.results.size());
        assertEquals(2, fixture.counters.value("expert_host_batches"));
    }

    @Test
    void shouldNotWaitForPartsThatFindNoRoom() {
        try (HostFixture small = HostFixture.with(model, RandomModel.allExperts(), DType.F32,
            context -> context.pendingRows(40))) {
            final DecoderSide decoder = small.connect(1);
            decoder.identity.part(0, 9);
            decoder.dispatch(1, rows(20));
            small.settle();
            assertEquals(120, decoder.results.size());
        }
    }

    @Test
    void shouldComputeWhatIsWholeTogetherWithPartsOfAnother() {
        final DecoderSide first = fixture.connect(1);
        final DecoderSide second = fixture.connect(2);
        first.identity.part(0, 2);
        first.dispatch(1, rows(1));
        second.dispatch(1, rows(1));
        fixture.settle();
        assertEquals(0, second.results.size(), "both are computed together");
        first.identity.part(1, 2);
        first.dispatch(1, rows(1));
        fixture.settle();
        assertEquals(6, second.results.size());
        assertEquals(1, fixture.counters.value("expert_host_batches"));
    }

    @Test
    void shouldReturnToItsThreadWhenAnswersFindNoRoomAndGoOnLater() {
        final DecoderSide decoder = fixture.connect(1);
        dispatchMoreThanTheRingHolds(decoder, 6);
        fixture.host.doWork();
        assertEquals(0, fixture.host.doWork(), "nothing can be sent until the decoder takes something");
        assertTrue(fixture.counters.value("expert_host_back_pressured") > 0);
        fixture.settle();
        assertEquals(6 * 120, decoder.results.size());
        assertEquals(0, decoder.repeatedResults);
        assertEquals(0, fixture.counters.value("expert_host_answers_dropped"));
    }

    @Test
    void shouldSendAnswersAsOftenAsTheyAreWanted() {
        final DecoderSide decoder = fixture.connect(1);
        for (int copies = 1; copies <= 3; copies++) {
            decoder.answerCopies = copies;
            decoder.dispatch(copies, rows(4));
            fixture.settle();
            assertEquals(24 * copies, decoder.results.size());
        }
        assertEquals(24 + 2 * 24, decoder.repeatedResults);
        assertEquals(3, fixture.counters.value("expert_host_batches"));
        assertEquals(fixture.counters.value("expert_host_combines"),
            fixture.counters.value("expert_host_combine_copies"));
    }

    @Test
    void shouldNotWaitUntilThereIsRoomForCopies() {
        final DecoderSide decoder = fixture.connect(1);
        decoder.answerCopies = 3;
        dispatchMoreThanTheRingHolds(decoder, 6);
        fixture.host.doWork();
        fixture.settle();
        assertEquals(6 * 120, decoder.results.size());
        assertTrue(decoder.repeatedResults < 2 * 6 * 120, decoder.repeatedResults + " came in copies");
        assertEquals(0, fixture.counters.value("expert_host_answers_dropped"));
    }

    @Test
    void shouldTakeTheCopyOfADispatchThatItRefused() {
        final DecoderSide decoder = fixture.connect(1);
        decoder.hiddenSize++;
        decoder.dispatch(1, List.of(new WireRow(0, WireRow.randomValues(random, RandomModel.HIDDEN + 1), 0)));
        fixture.settle();
        decoder.hiddenSize--;
        decoder.dispatch(1, rows(1));
        fixture.settle();
        assertEquals(6, decoder.results.size());
        assertEquals(0, fixture.counters.value("expert_host_dispatches_repeated"));
    }

    @Test
    void shouldNotCountTimeThatItsThreadSpentElsewhere() {
        final DecoderSide decoder = fixture.connect(1);
        dispatchMoreThanTheRingHolds(decoder, 6);
        for (int i = 0; i < 5; i++) {
            fixture.host.doWork();
            fixture.nowNs += 100 * ANSWER_TIMEOUT_NS;
        }
        fixture.settle();
        assertEquals(6 * 120, decoder.results.size());
        assertEquals(0, fixture.counters.value("expert_host_answers_dropped"));
    }

    @Test
    void shouldGiveUpABatchWhoseAnswersTrickleOutTooSlowly() {
        try (HostFixture large = HostFixture.with(model, RandomModel.allExperts(), DType.F32,
            context -> context.computeRows(1000))) {
            final DecoderSide slow = large.connect(1);
            dispatchMoreThanTheRingHolds(slow, 8);
            int taken = 0;
            while (taken < 100 && large.counters.value("expert_host_answers_dropped") == 0) {
                for (int i = 0; i < 20; i++) {
                    large.nowNs += ANSWER_TIMEOUT_NS / 50;
                    large.host.doWork();
                }
                slow.pollOne();
                taken++;
            }
            assertTrue(taken >= 24 && taken <= 27, "ten timeouts, two fifths of one each: " + taken);
        }
    }

    @Test
    void shouldAnswerOthersWhenOneDecoderTakesNothing() {
        final DecoderSide deaf = fixture.connect(1);
        final DecoderSide other = fixture.connect(2);
        dispatchMoreThanTheRingHolds(deaf, 6);
        fixture.host.doWork();
        other.dispatch(9, rows(1));
        fixture.host.doWork();
        other.poll();
        assertTrue(other.results.isEmpty(), "the deaf decoder's answers are still waited for");

        passTheTimeout();
        other.poll();
        assertEquals(6, other.results.size());
        assertTrue(fixture.counters.value("expert_host_answers_dropped") > 0);
        assertEquals(1, fixture.warnings.size(), fixture.warnings::toString);
    }

    @Test
    void shouldNotWaitAgainForADecoderThatStillTakesNothing() {
        final DecoderSide deaf = fixture.connect(1);
        final DecoderSide other = fixture.connect(2);
        dispatchMoreThanTheRingHolds(deaf, 6);
        fixture.host.doWork();
        passTheTimeout();

        deaf.dispatch(10, rows(1));
        other.dispatch(11, rows(1));
        fixture.host.doWork();
        other.poll();
        assertEquals(6, other.results.size(), "computed and answered within one duty cycle");
    }

    @Test
    void shouldAnswerADecoderAgainOnceItTakesItsAnswers() {
        final DecoderSide decoder = fixture.connect(1);
        dispatchMoreThanTheRingHolds(decoder, 6);
        fixture.host.doWork();
        passTheTimeout();
        fixture.settle();
        assertTrue(decoder.results.size() < 6 * 120, "some answers were given up");

        decoder.results.clear();
        decoder.identity.attempt(1);
        dispatchMoreThanTheRingHolds(decoder, 6);
        fixture.settle();
        assertEquals(6 * 120, decoder.results.size());
    }

    @Test
    void shouldDropAnswersToADecoderThatIsGone() {
        final DecoderSide gone = fixture.connect(1);
        final DecoderSide other = fixture.connect(2);
        gone.dispatch(1, rows(2));
        gone.close();
        other.dispatch(2, rows(2));
        fixture.host.doWork();
        other.poll();
        assertEquals(12, other.results.size());
        assertTrue(fixture.counters.value("expert_host_answers_dropped") > 0);
    }

    @Test
    void shouldTakeNoMoreThanItHoldsAndLeaveTheRestWithTheExchange() {
        try (HostFixture small = HostFixture.with(model, RandomModel.allExperts(), DType.F32,
            context -> context.pendingRows(WireLimits.dispatchRows(HostFixture.FRAME_BYTES, 288)))) {
            final DecoderSide decoder = small.connect(1);
            for (int exchange = 0; exchange < 8; exchange++) {
                decoder.dispatch(exchange, rows(20));
            }
            small.settle();
            assertEquals(8 * 120, decoder.results.size());
            assertEquals(0, small.counters.value("expert_host_frames_overflowed"));
            assertTrue(small.counters.value("expert_host_batches") >= 8 * 2);
        }
    }

    @Test
    void shouldTellHowLongADispatchWaitedAndItsBatchTook() {
        final DecoderSide decoder = fixture.connect(1);
        decoder.dispatch(1, rows(1));
        decoder.dispatch(2, rows(1));
        fixture.tickNs = 1;
        fixture.settle();
        final DecoderSide.Combine first = decoder.combines.getFirst();
        final DecoderSide.Combine second = decoder.combines.get(1);
        assertEquals(1, first.queueNs(), "the second frame's arrival, which is the start");
        assertEquals(0, second.queueNs());
        assertEquals(1, first.computeNs());
        assertEquals(1, second.computeNs());
    }

    @Test
    void shouldFinishWhatItAcceptedAndRefuseTheRestWhenDraining() {
        final DecoderSide decoder = fixture.connect(1);
        dispatchMoreThanTheRingHolds(decoder, 6);
        fixture.host.doWork();
        fixture.host.drain();
        fixture.host.doWork();
        assertFalse(fixture.host.isDrained(), "answers are still to be sent");
        decoder.dispatch(100, rows(1));
        fixture.settle();
        assertTrue(fixture.host.isDrained());
        assertEquals(6 * 120, decoder.results.size());
        assertEquals(ErrorCode.DRAINING, decoder.refusal().code());
        assertEquals(100, decoder.refusal().exchangeId());

        decoder.refusals.clear();
        decoder.hello();
        fixture.settle();
        assertEquals(ErrorCode.DRAINING, decoder.refusal().code());
        assertEquals(0, fixture.host.doWork());
        assertTrue(fixture.host.isDrained());
    }

    @Test
    void shouldDrainAtOnceWhenIdle() {
        assertFalse(fixture.host.isDrained());
        fixture.host.doWork();
        assertFalse(fixture.host.isDrained());
        fixture.host.drain();
        assertEquals(0, fixture.host.doWork());
        assertTrue(fixture.host.isDrained());
    }

    @Test
    void shouldRejectSettingsThatCannotWork() {
        final String pending = assertThrows(ConfigurationException.class, () -> HostFixture.with(model, List.of(),
            DType.F32, context -> context.pendingRows(3))).getMessage();
        assertTrue(pending.startsWith("pending-rows is 3 but one frame of 8192 bytes brings up to 28 rows"), pending);
        final String compute = assertThrows(ConfigurationException.class, () -> HostFixture.with(model, List.of(),
            DType.F32, context -> context.computeRows(0))).getMessage();
        assertTrue(compute.startsWith("compute-rows is 0"), compute);
    }
}
