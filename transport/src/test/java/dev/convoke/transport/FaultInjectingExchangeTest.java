package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.transport.faults.Direction;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.Faults;
import dev.convoke.transport.inprocess.InProcessExchangeProvider;
import java.util.List;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Only the decoder's port misbehaves; the clock is the test's. */
class FaultInjectingExchangeTest {
    private static final int FRAMES = 1000;
    private static final int LENGTH = 100;

    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[LENGTH]);
    private final Received atHost = new Received();
    private final Received atDecoder = new Received();
    private Counters counters;
    private ExpertExchange exchange;
    private FramePort host;
    private FramePort other;
    private FramePort decoder;
    private Faults outgoing = Faults.NONE;
    private Faults incoming = Faults.NONE;
    private long nowNs = -5;

    @BeforeEach
    void setUp() {
        open(1);
    }

    @AfterEach
    void tearDown() {
        decoder.close();
        host.close();
        other.close();
        exchange.close();
    }

    private void open(final long seed) {
        final Faults planned = outgoing;
        outgoing = Faults.NONE;
        counters = new Counters();
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        exchange = new InProcessExchangeProvider().open(context);
        host = exchange.bind("a");
        other = exchange.bind("b");
        decoder = new FaultInjectingExchange(exchange, (direction, peer) ->
            peer == 1 ? Faults.NONE : direction == Direction.OUT ? outgoing : incoming, seed, () -> nowNs, counters)
            .connect(List.of("a", "b"));
        decoder.poll(atDecoder, 10);
        decoder.offer(0, frame, 0, 1);
        host.poll((peer, buffer, offset, length) -> { }, 10);
        outgoing = planned;
    }

    @Test
    void shouldLoseRoughlyTheRateWhenLosing() {
        outgoing = Faults.NONE.withLoss(0.3);
        sendOut();
        assertEquals(FRAMES, atHost.size() + counters.labelled("port", "0").value("faults_lost"));
        assertTrue(atHost.size() > FRAMES / 2 && atHost.size() < FRAMES * 9 / 10, "arrived " + atHost.size());
    }

    @Test
    void shouldLoseTheSameFramesWhenSeededAlike() {
        outgoing = Faults.NONE.withLoss(0.5).withDuplication(0.1).withDelay(0.1, 10);
        sendOut();
        final List<Integer> first = numbers(atHost);
        tearDown();
        open(1);
        final Received again = new Received();
        sendOut(again);
        assertEquals(first, numbers(again));
        tearDown();
        open(2);
        final Received otherwise = new Received();
        sendOut(otherwise);
        assertNotEquals(first, numbers(otherwise));
    }

    @Test
    void shouldRepeatFramesWhenDuplicating() {
        outgoing = Faults.NONE.withDuplication(1);
        incoming = Faults.NONE.withDuplication(1);
        sendOut();
        assertEquals(2 * FRAMES, atHost.size());
        assertEquals(IntStream.range(0, FRAMES).boxed().toList(), numbers(atHost).stream().distinct().toList());
        answer(10);
        decoder.poll(atDecoder, 1000);
        decoder.poll(atDecoder, 1000);
        assertEquals(20, atDecoder.size());
    }

    @Test
    void shouldReorderButKeepAllFramesWhenDelaying() {
        outgoing = Faults.NONE.withDelay(0.2, 50);
        sendOut();
        assertTrue(atHost.size() < FRAMES);
        nowNs += 50;
        while (decoder.poll(atDecoder, 10) > 0) {
            drainHost(atHost);
        }
        final List<Integer> arrived = numbers(atHost);
        assertEquals(FRAMES, arrived.size());
        assertNotEquals(IntStream.range(0, FRAMES).boxed().toList(), arrived);
        assertEquals(IntStream.range(0, FRAMES).boxed().toList(), arrived.stream().sorted().toList());
        assertTrue(counters.labelled("port", "0").value("faults_delayed") > FRAMES / 10);
    }

    @Test
    void shouldHoldAnswersUntilTheirTimeWhenDelayingThem() {
        incoming = Faults.NONE.withDelay(1, 1_000_000_000);
        answer(10);
        decoder.poll(atDecoder, 10);
        assertEquals(0, atDecoder.size());
        nowNs += 1_000_000_000;
        decoder.poll(atDecoder, 4);
        assertEquals(4, atDecoder.size(), "the limit counts frames that were held");
        decoder.poll(atDecoder, 10);
        assertEquals(10, atDecoder.size());
    }

    @Test
    void shouldChangeExactlyOneByteWhenCorrupting() {
        incoming = Faults.NONE.withCorruption(1);
        answer(10);
        decoder.poll(atDecoder, 10);
        for (int i = 0; i < 10; i++) {
            final byte[] bytes = atDecoder.from(0).get(i);
            assertEquals(LENGTH, bytes.length);
            final int index = i;
            assertEquals(1, IntStream.range(0, LENGTH).filter(at -> bytes[at] != sent(index)[at]).count());
        }
    }

    @Test
    void shouldCutFramesShortWhenTruncating() {
        outgoing = Faults.NONE.withTruncation(1);
        sendOut();
        assertEquals(FRAMES, atHost.size());
        assertTrue(atHost.all().stream().allMatch(arrived -> arrived.bytes().length < LENGTH));
        assertTrue(atHost.all().stream().allMatch(arrived -> arrived.bytes().length > 0));
    }

    @Test
    void shouldRefuseForTheWholeTimeAndNoOtherPeerWhenRefusing() {
        outgoing = Faults.NONE.withRefusal(1, 100);
        assertEquals(FramePort.BACK_PRESSURED, decoder.offer(0, frame, 0, LENGTH));
        outgoing = Faults.NONE.withRefusal(0, 100);
        nowNs += 99;
        assertEquals(FramePort.BACK_PRESSURED, decoder.offer(0, frame, 0, LENGTH));
        assertTrue(decoder.offer(1, frame, 0, LENGTH) > 0);
        nowNs += 1;
        assertTrue(decoder.offer(0, frame, 0, LENGTH) > 0);
    }

    @Test
    void shouldSpaceFramesWhenThePeerIsSlow() {
        outgoing = Faults.NONE.withInterval(100);
        incoming = Faults.NONE.withInterval(100);
        assertTrue(decoder.offer(0, frame, 0, LENGTH) > 0);
        assertEquals(FramePort.BACK_PRESSURED, decoder.offer(0, frame, 0, LENGTH));
        nowNs += 100;
        assertTrue(decoder.offer(0, frame, 0, LENGTH) > 0);
        answer(5);
        for (int i = 1; i <= 5; i++) {
            decoder.poll(atDecoder, 10);
            assertEquals(i, atDecoder.size());
            nowNs += 100;
        }
        assertEquals(IntStream.range(0, 5).boxed().toList(), numbers(atDecoder));
    }

    @Test
    void shouldPassNothingEitherWayWhenDisconnected() {
        assertTrue(decoder.isConnected(0));
        outgoing = Faults.NONE.withDisconnected(true);
        incoming = outgoing;
        assertFalse(decoder.isConnected(0));
        assertTrue(decoder.isConnected(1));
        assertEquals(FramePort.NOT_CONNECTED, decoder.offer(0, frame, 0, LENGTH));
        answer(3);
        decoder.poll(atDecoder, 10);
        assertEquals(0, atDecoder.size());
        outgoing = Faults.NONE;
        incoming = Faults.NONE;
        assertTrue(decoder.offer(0, frame, 0, LENGTH) > 0);
        answer(1);
        decoder.poll(atDecoder, 10);
        assertEquals(1, atDecoder.size());
    }

    @Test
    void shouldRejectRatesThatAreNoneWhenBuilt() {
        assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withLoss(1.1));
        assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withCorruption(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Faults.NONE.withInterval(-1));
    }

    private void sendOut() {
        sendOut(atHost);
    }

    private void sendOut(final Received received) {
        for (int i = 0; i < FRAMES; i++) {
            frame.putBytes(0, sent(i));
            assertTrue(decoder.offer(0, frame, 0, LENGTH) > 0);
            decoder.poll(atDecoder, 10);
            drainHost(received);
        }
    }

    private void drainHost(final Received received) {
        while (host.poll(received, 100) > 0) {
            Thread.onSpinWait();
        }
    }

    private void answer(final int count) {
        for (int i = 0; i < count; i++) {
            frame.putBytes(0, sent(i));
            assertTrue(host.offer(0, frame, 0, LENGTH) > 0);
        }
    }

    private static byte[] sent(final int number) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[LENGTH]);
        buffer.putInt(0, number);
        return buffer.byteArray();
    }

    private static List<Integer> numbers(final Received received) {
        return received.all().stream().map(arrived -> new UnsafeBuffer(arrived.bytes()).getInt(0)).toList();
    }
}
