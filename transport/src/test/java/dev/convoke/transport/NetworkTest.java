package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.transport.faults.Direction;
import dev.convoke.transport.faults.Distribution;
import dev.convoke.transport.faults.FaultInjectingExchange;
import dev.convoke.transport.faults.FaultPlan;
import dev.convoke.transport.faults.Faults;
import dev.convoke.transport.faults.Network;
import dev.convoke.transport.inprocess.InProcessExchangeProvider;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A network between a decoder and two hosts, on the test's clock; the decoder's port is wrapped. */
class NetworkTest {
    private static final int LENGTH = 1000;
    /** At which a frame of {@link #LENGTH} takes a microsecond. */
    private static final long BYTE_A_NS = 8_000_000_000L;
    private static final int RUNS = 100;

    private final long firstSeed = Long.getLong("convoke.test.seed", System.nanoTime());
    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[64 * 1024]);
    private final List<Received> atHosts = List.of(new Received(), new Received());
    private final Received atDecoder = new Received();
    private Counters counters;
    private ExpertExchange exchange;
    private List<FramePort> hosts;
    private FramePort decoder;
    /** Before it wraps, as the system's may. */
    private long nowNs = Long.MAX_VALUE - 100_000;

    @AfterEach
    void tearDown() {
        decoder.close();
        hosts.forEach(FramePort::close);
        exchange.close();
    }

    private void open(final FaultPlan plan, final long seed) {
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        exchange = new InProcessExchangeProvider().open(context);
        hosts = List.of(exchange.bind("a"), exchange.bind("b"));
        final Counters registry = new Counters();
        counters = registry.labelled("port", "0");
        final boolean[] opened = {false};
        decoder = new FaultInjectingExchange(exchange, (direction, peer) ->
            opened[0] ? plan.faults(direction, peer) : Faults.NONE, seed, () -> nowNs, registry)
            .connect(List.of("a", "b"));
        decoder.poll(atDecoder, 10);
        hosts.forEach(host -> host.poll((peer, buffer, offset, length) -> { }, 10));
        opened[0] = true;
    }

    private void open(final Network network) {
        open(FaultPlan.always(Faults.NONE.withNetwork(network)), 1);
    }

    @Test
    void shouldArriveAfterTheDelayAndNotBeforeBothWays() {
        open(Network.NONE.withDelay(500));
        send(0, 1);
        pollAll();
        nowNs += 499;
        pollAll();
        assertEquals(0, atHosts.get(0).size());
        nowNs += 1;
        pollAll();
        assertEquals(List.of(1), numbers(atHosts.get(0)));
        answer(0, 2);
        pollAll();
        nowNs += 499;
        pollAll();
        assertEquals(0, atDecoder.size());
        nowNs += 1;
        pollAll();
        assertEquals(List.of(2), numbers(atDecoder));
    }

    @Test
    void shouldTransmitOneFrameAfterTheOtherWhenBandwidthIsLimited() {
        open(Network.NONE.withDelay(300).withBandwidth(BYTE_A_NS));
        for (int i = 0; i < 5; i++) {
            send(0, i);
        }
        for (int i = 1; i <= 5; i++) {
            nowNs += i == 1 ? LENGTH + 299 : LENGTH - 1;
            pollAll();
            assertEquals(i - 1, atHosts.get(0).size());
            nowNs += 1;
            pollAll();
            assertEquals(i, atHosts.get(0).size());
        }
    }

    @Test
    void shouldRefuseOnePeerOnlyWhenTooMuchIsUnderWayToIt() {
        open(Network.NONE.withBandwidth(BYTE_A_NS).withQueue(2 * LENGTH));
        send(0, 0);
        send(0, 1);
        assertEquals(FramePort.BACK_PRESSURED, decoder.offer(0, frame, 0, LENGTH));
        assertEquals(1, counters.value("faults_queue_full"));
        send(1, 0);
        nowNs += LENGTH;
        pollAll();
        send(0, 2);
        assertEquals(FramePort.BACK_PRESSURED, decoder.offer(0, frame, 0, 1));
        nowNs += 2 * LENGTH;
        pollAll();
        assertTrue(decoder.offer(0, frame, 0, 3 * LENGTH) > 0, "longer than the queue, but the queue is empty");
    }

    @Test
    void shouldLeaveFramesWithTheTransportWhenTooManyAreUnderWayToThePort() {
        open(Network.NONE.withDelay(100).withQueue(3 * LENGTH));
        for (int i = 0; i < 20; i++) {
            answer(0, i);
            answer(1, i);
        }
        for (int i = 0; i < 10; i++) {
            decoder.poll(atDecoder, 1);
        }
        assertEquals(0, atDecoder.size());
        nowNs += 100;
        while (decoder.poll(atDecoder, 100) > 0) {
            assertTrue(atDecoder.size() <= 8, "arrived " + atDecoder.size());
        }
        for (int i = 0; i < 20; i++) {
            nowNs += 100;
            pollAll();
        }
        assertEquals(IntStream.range(0, 20).boxed().toList(),
            atDecoder.from(0).stream().map(NetworkTest::number).toList());
        assertEquals(40, atDecoder.size());
    }

    @Test
    void shouldHoldUpThoseBehindWhenADelaySpikes() {
        open((direction, peer) -> direction == Direction.IN ? Faults.NONE
            : Faults.NONE.withNetwork(Network.NONE.withDelay(10).withSpikes(peer == 0 ? 1 : 0, 1000)), 1);
        send(0, 0);
        send(1, 0);
        nowNs += 10;
        pollAll();
        assertEquals(0, atHosts.get(0).size());
        assertEquals(1, atHosts.get(1).size());
        nowNs += 1000;
        pollAll();
        assertEquals(1, atHosts.get(0).size());
    }

    @Test
    void shouldSpreadJitterAsItsDistributionSays() {
        final long size = 10_000;
        final int frames = 4000;
        for (final Distribution distribution : Distribution.values()) {
            open(Network.NONE.withDelay(10 * size).withJitter(size, distribution));
            double sum = 0;
            int early = 0;
            int late = 0;
            for (int i = 0; i < frames; i++) {
                final double deviation = travelled(size / 20) / (double)size - 10;
                sum += deviation;
                early += deviation < 0 ? 1 : 0;
                late += deviation > 3 ? 1 : 0;
            }
            final boolean centred = distribution == Distribution.UNIFORM || distribution == Distribution.NORMAL;
            assertEquals(centred ? 0 : 1, sum / frames, 0.2, distribution.name());
            assertEquals(centred ? frames / 2.0 : 0, early, 0.05 * frames, distribution.name());
            // A normal one passes three deviations once in 740, an exponential one in 20, this pareto one in 16.
            assertTrue(centred ? late < 20 : late > frames / 40, distribution + ": " + late);
            tearDown();
        }
    }

    /** Sends one frame and polls until it is there. */
    private long travelled(final long resolutionNs) {
        final long startNs = nowNs;
        send(0, 0);
        while (atHosts.get(0).size() == 0) {
            nowNs += resolutionNs;
            pollAll();
        }
        atHosts.get(0).clear();
        return nowNs - startNs;
    }

    @Test
    void shouldDeliverEachFrameOnceInOrderAndUnchangedWhenNothingIsLost() {
        System.out.println("seed " + firstSeed);
        for (int run = 0; run < RUNS; run++) {
            final SplittableRandom random = new SplittableRandom(firstSeed + run);
            final Network[] networks = {network(random), network(random), network(random), network(random)};
            final String where = "seed " + (firstSeed + run) + " with " + List.of(networks);
            open((direction, peer) -> Faults.NONE.withNetwork(networks[2 * peer + direction.ordinal()]),
                firstSeed + run);
            final Traffic traffic = new Traffic(random, networks, where);
            traffic.run();
            tearDown();
        }
    }

    @Test
    void shouldDeliverWhatItDoesNotLoseWhenFaultsAndNetworkMeet() {
        System.out.println("seed " + firstSeed);
        final SplittableRandom random = new SplittableRandom(firstSeed);
        open(FaultPlan.always(Faults.NONE.withLoss(0.1).withDuplication(0.1).withDelay(0.1, 10_000)
            .withNetwork(network(random).withQueue(1 << 20))), firstSeed);
        final int frames = 2000;
        for (int i = 0; i < frames; i++) {
            send(i % 2, i);
            nowNs += random.nextInt(2000);
            pollAll();
        }
        nowNs += TimeUnit.SECONDS.toNanos(1);
        pollAll();
        final List<Integer> arrived = new ArrayList<>(numbers(atHosts.get(0)));
        arrived.addAll(numbers(atHosts.get(1)));
        final long lost = counters.value("faults_lost");
        assertTrue(lost > frames / 20, "seed " + firstSeed);
        assertEquals(frames - lost, arrived.stream().distinct().count(), "seed " + firstSeed);
        assertEquals(frames - lost + counters.value("faults_duplicated"), arrived.size(), "seed " + firstSeed);
        assertTrue(!numbers(atHosts.get(0)).equals(numbers(atHosts.get(0)).stream().sorted().toList()),
            "reordered; seed " + firstSeed);
    }

    @Test
    void shouldRejectANetworkThatCannotBeWhenBuilt() {
        open(Network.NONE);
        assertThrows(IllegalArgumentException.class, () -> Network.NONE.withDelay(-1));
        assertThrows(IllegalArgumentException.class, () -> Network.NONE.withSpikes(2, 1));
        assertThrows(IllegalArgumentException.class, () -> Network.NONE.withQueue(0));
        assertThrows(IllegalArgumentException.class, () -> Network.NONE.withBandwidth(-1));
    }

    private static Network network(final SplittableRandom random) {
        return new Network(random.nextLong(5000), random.nextLong(2000),
            Distribution.values()[random.nextInt(Distribution.values().length)], random.nextDouble() * 0.02,
            random.nextLong(50_000), random.nextBoolean() ? 0 : random.nextLong(1, 10 * BYTE_A_NS),
            random.nextBoolean() ? Network.QUEUE_BYTES : random.nextInt(1, 4 * LENGTH));
    }

    private void send(final int host, final int number) {
        frame.putInt(0, number);
        assertTrue(decoder.offer(host, frame, 0, LENGTH) > 0);
    }

    private void answer(final int host, final int number) {
        frame.putInt(0, number);
        assertTrue(hosts.get(host).offer(0, frame, 0, LENGTH) > 0);
    }

    private void pollAll() {
        int work;
        do {
            work = decoder.poll(atDecoder, 7);
            for (int host = 0; host < 2; host++) {
                work += hosts.get(host).poll(atHosts.get(host), 100);
            }
        } while (work > 0);
    }

    private static List<Integer> numbers(final Received received) {
        return received.all().stream().map(arrived -> number(arrived.bytes())).toList();
    }

    private static int number(final byte[] bytes) {
        return new UnsafeBuffer(bytes).getInt(0);
    }

    /** Frames of random lengths at random times both ways, checked against what was sent. */
    private final class Traffic {
        private final SplittableRandom random;
        private final Network[] networks;
        private final String where;
        /** By way; what arrives is taken off. */
        private final List<Deque<Sent>> underWay = List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(),
            new ArrayDeque<>());

        Traffic(final SplittableRandom random, final Network[] networks, final String where) {
            this.random = random;
            this.networks = networks;
            this.where = where;
        }

        void run() {
            for (int i = 0; i < 300; i++) {
                offer(random.nextInt(4));
                nowNs += random.nextInt(3) == 0 ? random.nextLong(3000) : 0;
                takeArrived();
            }
            for (int i = 0; i < 10_000 && !underWay.stream().allMatch(Deque::isEmpty); i++) {
                nowNs += TimeUnit.SECONDS.toNanos(1);
                takeArrived();
            }
            assertTrue(underWay.stream().allMatch(Deque::isEmpty), where);
        }

        private void offer(final int way) {
            final byte[] bytes = new byte[random.nextInt(4, 3 * LENGTH)];
            random.nextBytes(bytes);
            final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
            final long result = way % 2 == Direction.OUT.ordinal() ? decoder.offer(way / 2, buffer, 0, bytes.length)
                : hosts.get(way / 2).offer(0, buffer, 0, bytes.length);
            assertTrue(result > 0 || result == FramePort.BACK_PRESSURED, where);
            if (result > 0) {
                underWay.get(way).add(new Sent(bytes, nowNs + Math.max(0, minimumNs(networks[way], bytes.length))));
            }
        }

        private long minimumNs(final Network network, final int bytes) {
            final long wireNs = network.bitsPerSecond() == 0 ? 0
                : (long)Math.floor(8e9 * bytes / network.bitsPerSecond());
            return wireNs + switch (network.distribution()) {
                case UNIFORM -> network.delayNs() - network.jitterNs();
                case NORMAL -> 0;
                default -> network.delayNs();
            };
        }

        private void takeArrived() {
            pollAll();
            for (int host = 0; host < 2; host++) {
                atHosts.get(host).all().forEach(taker(2 * host + Direction.OUT.ordinal()));
                atHosts.get(host).clear();
            }
            atDecoder.all().forEach(each -> taker(2 * each.peer() + Direction.IN.ordinal()).accept(each));
            atDecoder.clear();
        }

        private Consumer<Received.Frame> taker(final int way) {
            return arrived -> {
                final Sent expected = underWay.get(way).remove();
                assertArrayEquals(expected.bytes(), arrived.bytes(), where);
                assertTrue(nowNs - expected.earliestNs() >= 0, where + ": arrived early");
            };
        }
    }

    private record Sent(byte[] bytes, long earliestNs) {
    }
}
