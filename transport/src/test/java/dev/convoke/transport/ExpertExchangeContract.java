package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every exchange promises; all ports run on the test's thread unless a test says otherwise. */
abstract class ExpertExchangeContract {
    private final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[1 << 20]);
    private ExchangePair exchanges;
    private Pump pump;

    /** Two processes that can reach each other. */
    abstract ExchangePair open();

    /** The i-th address; fresh ones for each test. */
    abstract String address(int index);

    static ExchangeContext context() {
        return new ExchangeContext().counters(new Counters()).errorHandler(e -> System.err.println("survived " + e));
    }

    @BeforeEach
    void setUp() {
        exchanges = open();
        pump = new Pump();
    }

    @AfterEach
    void tearDown() {
        pump.close();
        exchanges.close();
    }

    @Test
    void shouldCarryFramesOfEverySizeInOrderBothWays() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final Received atHost = pump.receive(host);
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        final int max = decoder.maxFrameBytes();
        final int[] lengths = {1, 2, 7, 8, 1375, 1376, 1377, 65471, 65472, 65473, 65504, max - 1, max, 1, max};
        for (final int length : lengths) {
            pump.send(decoder, 0, numbered(length), length);
        }
        pump.until("all frames at the host", () -> atHost.size() == lengths.length);
        assertEquals(1, host.peers());
        for (int i = 0; i < lengths.length; i++) {
            final int length = lengths[i];
            assertArrayEquals(expected(length), atHost.from(0).get(i), "length " + length);
            pump.send(host, 0, numbered(length), length);
        }
        pump.until("all frames at the decoder", () -> atDecoder.size() == lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            assertArrayEquals(expected(lengths[i]), atDecoder.from(0).get(i), "length " + lengths[i]);
        }
    }

    @Test
    void shouldCarryFramesOfEverySizeThatAreWrittenInPlace() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final Received atHost = pump.receive(host);
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        final int max = decoder.maxFrameBytes();
        final int preferred = decoder.preferredFrameBytes();
        assertTrue(preferred > 0 && preferred <= max, "prefers " + preferred + " of " + max);
        assertEquals(preferred, host.preferredFrameBytes());
        final int[] lengths =
            {1, 2, 7, 8, 1375, 1376, 1377, preferred - 1, preferred, Math.min(preferred + 1, max), max - 1, max, 1};
        for (final int length : lengths) {
            pump.write(decoder, 0, expected(length));
        }
        pump.until("all frames at the host", () -> atHost.size() == lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            assertArrayEquals(expected(lengths[i]), atHost.from(0).get(i), "length " + lengths[i]);
            pump.write(host, 0, expected(lengths[i]));
        }
        pump.until("all frames at the decoder", () -> atDecoder.size() == lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            assertArrayEquals(expected(lengths[i]), atDecoder.from(0).get(i), "length " + lengths[i]);
        }
    }

    @Test
    void shouldSendNothingOfAFrameWhoseWritingFailsAndGoOn() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final Received atHost = pump.receive(host);
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        final int[] lengths = {8, decoder.preferredFrameBytes(), decoder.maxFrameBytes()};
        for (int round = 0; round < 20; round++) {
            failToWrite(decoder, lengths[round % lengths.length]);
            frame.putInt(0, round);
            pump.send(decoder, 0, frame, 100);
        }
        pump.until("what was sent after failures", () -> atHost.size() == 20);
        assertEquals(IntStream.range(0, 20).boxed().toList(), firstInts(atHost.all()));
        for (int round = 0; round < 20; round++) {
            failToWrite(host, lengths[round % lengths.length]);
            pump.write(host, 0, atHost.from(0).get(round));
        }
        pump.until("answers after failures", () -> atDecoder.size() == 20);
        assertEquals(IntStream.range(0, 20).boxed().toList(), firstInts(atDecoder.all()));
    }

    private void failToWrite(final FramePort port, final int length) {
        pump.until("room for a frame of " + length, () -> {
            try {
                assertEquals(FramePort.BACK_PRESSURED, port.offer(0, length, (buffer, offset) -> {
                    buffer.putInt(offset, -1);
                    throw new IllegalStateException("half a frame");
                }));
                return false;
            } catch (final IllegalStateException e) {
                assertEquals("half a frame", e.getMessage());
                return true;
            }
        });
    }

    @Test
    void shouldKeepOrderAndContentWhenManyFramesCrossInBothDirections() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final Received atHost = pump.receive(host);
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        pump.send(decoder, 0, frame, 8);
        pump.until("the host to know its peer", () -> atHost.size() == 1);
        final int count = 2000;
        for (int i = 0; i < count; i++) {
            frame.putInt(0, i);
            sendEitherWay(decoder, 4 + random.nextInt(10_000));
            frame.putInt(0, -i);
            sendEitherWay(host, 4 + random.nextInt(10_000));
        }
        pump.until("all frames", () -> atHost.size() == count + 1 && atDecoder.size() == count);
        assertEquals(IntStream.range(0, count).boxed().toList(), firstInts(atHost.all().subList(1, count + 1)),
            "seed " + seed);
        assertEquals(IntStream.range(0, count).map(i -> -i).boxed().toList(), firstInts(atDecoder.all()));
    }

    private void sendEitherWay(final FramePort port, final int length) {
        if (random.nextBoolean()) {
            pump.send(port, 0, frame, length);
        } else {
            final byte[] bytes = new byte[length];
            frame.getBytes(0, bytes);
            pump.write(port, 0, bytes);
        }
    }

    /** However it is offered. */
    private void assertRefused(final long code, final FramePort port, final int peer, final int length) {
        assertEquals(code, port.offer(peer, frame, 0, length));
        assertEquals(code, port.offer(peer, length, (buffer, offset) -> {
            throw new AssertionError("written although refused");
        }));
    }

    @Test
    void shouldRefuseWhenTooLargeOrNobodyIsThereOrClosed() {
        final FramePort decoder = connect(0);
        pump.receive(decoder);
        for (int i = 0; i < 100; i++) {
            pump.once();
        }
        assertFalse(decoder.isConnected(0));
        assertEquals(1, decoder.peers());
        assertRefused(FramePort.NOT_CONNECTED, decoder, 0, 8);
        assertRefused(FramePort.NOT_CONNECTED, decoder, 1, 8);
        assertRefused(FramePort.NOT_CONNECTED, decoder, -1, 8);
        assertRefused(FramePort.TOO_LARGE, decoder, 0, decoder.maxFrameBytes() + 1);
        final FramePort host = bind(0);
        pump.receive(host);
        assertRefused(FramePort.NOT_CONNECTED, host, 0, 8);
        awaitConnected(decoder, 0);
        assertRefused(FramePort.TOO_LARGE, decoder, 0, decoder.maxFrameBytes() + 1);
        assertRefused(FramePort.TOO_LARGE, host, 0, host.maxFrameBytes() + 1);
        decoder.close();
        host.close();
        assertRefused(FramePort.CLOSED, decoder, 0, 8);
        assertRefused(FramePort.CLOSED, host, 0, 8);
        assertEquals(0, decoder.poll((peer, buffer, offset, length) -> { }, 1));
        assertEquals(0, host.poll((peer, buffer, offset, length) -> { }, 1));
    }

    @Test
    void shouldRefuseASlowPeerWithoutHinderingAnotherWhenItDoesNotPoll() {
        final FramePort slow = bind(0);
        final FramePort quick = bind(1);
        final FramePort decoder = exchanges.decoders().connect(List.of(address(0), address(1)));
        final Received atSlow = pump.receive(slow);
        final Received atQuick = pump.receive(quick);
        pump.receive(decoder);
        awaitConnected(decoder, 0);
        awaitConnected(decoder, 1);
        pump.pause(slow);
        final int length = decoder.maxFrameBytes();
        final int[] accepted = {0};
        pump.until("back-pressure", () -> {
            final long result = decoder.offer(0, frame, 0, length);
            accepted[0] += result > 0 ? 1 : 0;
            return result == FramePort.BACK_PRESSURED && decoder.offer(0, frame, 0, length) == result;
        });
        assertTrue(accepted[0] > 0);
        assertEquals(FramePort.BACK_PRESSURED, decoder.offer(0, length, (buffer, offset) -> { }));
        for (int i = 0; i < 50; i++) {
            pump.send(decoder, 1, frame, length);
        }
        pump.until("frames at the quick host", () -> atQuick.size() == 50);
        pump.resume(slow);
        pump.until("frames at the slow host", () -> atSlow.size() >= accepted[0]);
        pump.send(decoder, 0, frame, length);
    }

    @Test
    void shouldHandOverAtMostTheLimitWhenMoreHasArrived() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final Received atHost = pump.receive(host);
        pump.receive(decoder);
        awaitConnected(decoder, 0);
        pump.send(decoder, 0, frame, 8);
        pump.until("the first frame", () -> atHost.size() == 1);
        pump.pause(host);
        for (int i = 0; i < 20; i++) {
            pump.send(decoder, 0, frame, 8);
        }
        final Received limited = new Received();
        pump.until("more frames", () -> {
            final int before = limited.size();
            host.poll(limited, 3);
            assertTrue(limited.size() - before <= 3, "handed over " + (limited.size() - before));
            return limited.size() == 20;
        });
    }

    @Test
    void shouldPassGarbageAndOtherVersionsUntouchedForTheCheckToClassify() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final Received atHost = pump.receive(host);
        pump.receive(decoder);
        awaitConnected(decoder, 0);
        final UnsafeBuffer valid = new SampleFrames(random).ofTemplate(1);
        final UnsafeBuffer otherVersion = new UnsafeBuffer(new byte[valid.capacity()]);
        otherVersion.putBytes(0, valid, 0, valid.capacity());
        otherVersion.putShort(6, (short)999, ByteOrder.LITTLE_ENDIAN);
        final UnsafeBuffer garbage = new UnsafeBuffer(new byte[100]);
        for (int i = 0; i < garbage.capacity(); i++) {
            garbage.putByte(i, (byte)random.nextInt());
        }
        final List<UnsafeBuffer> sent = List.of(valid, otherVersion, garbage);
        sent.forEach(buffer -> pump.send(decoder, 0, buffer, buffer.capacity()));
        pump.until("three frames", () -> atHost.size() == 3);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(sent.get(i).byteArray(), atHost.from(0).get(i));
        }
        final List<FrameCheck> checks = atHost.from(0).stream()
            .map(bytes -> FrameCheck.check(new UnsafeBuffer(bytes), 0, bytes.length)).toList();
        assertEquals(List.of(FrameCheck.OK, FrameCheck.WRONG_VERSION, FrameCheck.MALFORMED), checks, "seed " + seed);
    }

    @Test
    void shouldAnswerEachDecoderByItselfWhenSeveralShareAHost() {
        final FramePort host = bind(0);
        final List<FramePort> decoders = IntStream.range(0, 3).mapToObj(i -> connect(0)).toList();
        final Received atHost = pump.receive(host);
        final List<Received> atDecoders = decoders.stream().map(pump::receive).toList();
        for (int i = 0; i < decoders.size(); i++) {
            awaitConnected(decoders.get(i), 0);
            frame.putInt(0, i);
            pump.send(decoders.get(i), 0, frame, 8);
        }
        pump.until("a frame of each", () -> atHost.size() == decoders.size());
        assertEquals(3, host.peers());
        for (final Received.Frame received : atHost.all()) {
            assertTrue(host.isConnected(received.peer()));
            pump.send(host, received.peer(), new UnsafeBuffer(received.bytes()), 8);
        }
        pump.until("an answer for each", () -> atDecoders.stream().allMatch(received -> received.size() == 1));
        for (int i = 0; i < decoders.size(); i++) {
            assertEquals(List.of(i), firstInts(atDecoders.get(i).all()));
        }
    }

    @Test
    void shouldTellHostsApartWhenADecoderHasSeveral() {
        final List<FramePort> hosts = IntStream.range(0, 3).mapToObj(this::bind).toList();
        final FramePort decoder =
            exchanges.decoders().connect(IntStream.range(0, 3).mapToObj(this::address).toList());
        final List<Received> atHosts = hosts.stream().map(pump::receive).toList();
        final Received atDecoder = pump.receive(decoder);
        for (int i = 0; i < 3; i++) {
            awaitConnected(decoder, i);
            frame.putInt(0, i);
            pump.send(decoder, i, frame, 8);
        }
        pump.until("a frame for each", () -> atHosts.stream().allMatch(received -> received.size() == 1));
        for (int i = 0; i < 3; i++) {
            assertEquals(List.of(i), firstInts(atHosts.get(i).all()));
            frame.putInt(0, 10 + i);
            pump.send(hosts.get(i), 0, frame, 8);
        }
        pump.until("three answers", () -> atDecoder.size() == 3);
        for (int i = 0; i < 3; i++) {
            assertEquals(10 + i, new UnsafeBuffer(atDecoder.from(i).get(0)).getInt(0));
        }
    }

    @Test
    void shouldReconnectWhenTheHostIsReplaced() {
        final FramePort first = bind(0);
        final FramePort decoder = connect(0);
        pump.receive(first);
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        pump.send(decoder, 0, frame, 8);
        pump.closeAndForget(first);
        pump.until("the loss to be noticed", () -> !decoder.isConnected(0));
        assertRefused(FramePort.NOT_CONNECTED, decoder, 0, 8);
        final FramePort second = bind(0);
        final Received atSecond = pump.receive(second);
        awaitConnected(decoder, 0);
        pump.send(decoder, 0, frame, 8);
        pump.until("a frame at the second host", () -> atSecond.size() == 1);
        pump.send(second, atSecond.all().get(0).peer(), frame, 16);
        pump.until("its answer", () -> atDecoder.size() == 1);
    }

    @Test
    void shouldReachWhoeverAPeerIsAssignedTo() {
        final FramePort decoder = exchanges.decoders().connect(List.of(ExpertExchange.NOBODY));
        pump.receive(decoder);
        for (int i = 0; i < 2; i++) {
            final Received atHost = pump.receive(bind(i));
            decoder.assign(0, address(i));
            awaitConnected(decoder, 0);
            pump.send(decoder, 0, frame, 8);
            pump.until("a frame at host " + i, () -> atHost.size() == 1);
        }
        decoder.assign(0, ExpertExchange.NOBODY);
        assertRefused(FramePort.NOT_CONNECTED, decoder, 0, 8);
    }

    @Test
    void shouldNumberADecoderAnewWhenItComesBack() {
        final FramePort host = bind(0);
        final FramePort first = connect(0);
        final Received atHost = pump.receive(host);
        pump.receive(first);
        awaitConnected(first, 0);
        pump.send(first, 0, frame, 8);
        pump.until("a frame of the first", () -> atHost.size() == 1);
        final int firstPeer = atHost.all().get(0).peer();
        pump.closeAndForget(first);
        pump.until("the loss to be noticed", () -> !host.isConnected(firstPeer));
        assertRefused(FramePort.NOT_CONNECTED, host, firstPeer, 8);
        final FramePort second = connect(0);
        pump.receive(second);
        awaitConnected(second, 0);
        pump.send(second, 0, frame, 8);
        pump.until("a frame of the second", () -> atHost.size() == 2);
        assertNotEquals(firstPeer, atHost.all().get(1).peer());
        assertEquals(2, host.peers());
    }

    @Test
    void shouldBeQuietWhenClosedTwice() {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        pump.receive(host);
        pump.receive(decoder);
        awaitConnected(decoder, 0);
        for (int i = 0; i < 2; i++) {
            decoder.close();
            host.close();
            exchanges.close();
        }
        assertFalse(decoder.isConnected(0));
        assertFalse(host.isConnected(0));
    }

    @Test
    void shouldMeetWhenHostAndDecoderRunOnThreadsOfTheirOwn() throws InterruptedException {
        final FramePort host = bind(0);
        final FramePort decoder = connect(0);
        final int count = 2000;
        final Thread echo = Thread.ofPlatform().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                final int work = host.poll((peer, buffer, offset, length) -> {
                    while (host.offer(peer, buffer, offset, length) < 0 && !Thread.currentThread().isInterrupted()) {
                        Thread.yield();
                    }
                }, 10);
                if (work == 0) {
                    Thread.yield();
                }
            }
        });
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        for (int i = 0; i < count; i++) {
            frame.putInt(0, i);
            pump.send(decoder, 0, frame, 4 + random.nextInt(3000));
        }
        pump.until("all echoes", () -> atDecoder.size() == count);
        echo.interrupt();
        echo.join();
        assertEquals(IntStream.range(0, count).boxed().toList(), firstInts(atDecoder.all()), "seed " + seed);
    }

    @Test
    void shouldDeliverWhatIsLeftWhenTheWrapperLosesRepeatsAndDelays() {
        final Counters registry = new Counters();
        final Counters counters = registry.labelled("port", "0");
        final Faults faults = Faults.NONE.withLoss(0.1).withDuplication(0.1).withRefusal(0.02, 10_000)
            .withDelay(0.2, TimeUnit.MILLISECONDS.toNanos(2));
        final FramePort host = bind(0);
        final FramePort decoder = new FaultInjectingExchange(exchanges.decoders(), FaultPlan.always(faults), seed,
            SystemNanoClock.INSTANCE, registry).connect(List.of(address(0)));
        final Received atHost = pump.receive(host);
        final Received atDecoder = pump.receive(decoder);
        awaitConnected(decoder, 0);
        final long[] sofar = sendThroughFaults(decoder, atHost, counters, new long[2]);
        sendThroughFaults(host, atDecoder, counters, sofar);
        assertTrue(counters.value("faults_delayed") > 0 && counters.value("faults_refused") > 0);
    }

    /** Sends numbered frames one way; takes and returns how many were lost and repeated before and after. */
    private long[] sendThroughFaults(final FramePort from, final Received at, final Counters counters,
        final long[] before) {
        final int count = 500;
        for (int i = 0; i < count; i++) {
            frame.putInt(0, i);
            sendEitherWay(from, 4 + i % 3000);
        }
        pump.until("what the faults leave", () -> at.size() - count == counters.value("faults_duplicated")
            - before[1] - counters.value("faults_lost") + before[0]);
        final long lost = counters.value("faults_lost") - before[0];
        final List<Integer> arrived = firstInts(at.all());
        assertTrue(lost > 0 && arrived.size() > count - lost, "seed " + seed);
        assertEquals(count - lost, arrived.stream().distinct().count(), "seed " + seed);
        assertNotEquals(arrived.stream().sorted().toList(), arrived, "seed " + seed);
        at.all().forEach(each -> assertEquals(4 + new UnsafeBuffer(each.bytes()).getInt(0) % 3000,
            each.bytes().length, "seed " + seed));
        return new long[] {before[0] + lost, counters.value("faults_duplicated")};
    }

    private FramePort bind(final int index) {
        return exchanges.hosts().bind(address(index));
    }

    private FramePort connect(final int index) {
        return exchanges.decoders().connect(List.of(address(index)));
    }

    private void awaitConnected(final FramePort port, final int peer) {
        pump.until("peer " + peer + " to connect", () -> port.isConnected(peer));
    }

    private UnsafeBuffer numbered(final int length) {
        frame.putBytes(0, expected(length));
        return frame;
    }

    private static byte[] expected(final int length) {
        final byte[] bytes = new byte[length];
        new SplittableRandom(length).nextBytes(bytes);
        return bytes;
    }

    private static List<Integer> firstInts(final List<Received.Frame> frames) {
        return frames.stream().map(received -> new UnsafeBuffer(received.bytes()).getInt(0)).toList();
    }
}
