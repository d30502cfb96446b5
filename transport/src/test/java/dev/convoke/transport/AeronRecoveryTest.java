package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.transport.AeronContext.DriverMode;
import dev.convoke.transport.aeron.AeronIpcExchangeProvider;
import dev.convoke.transport.aeron.AeronUdpExchangeProvider;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drivers, processes and clients that go away: ports find their way back while they are polled. */
class AeronRecoveryTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[1000]);
    private final Pump pump = new Pump();
    /** As the first port of an exchange labels its own. */
    private final Counters hostCounters = new Counters().labelled("port", "0");
    private final Counters decoderCounters = new Counters().labelled("port", "0");
    @TempDir
    private Path directory;

    @AfterEach
    void tearDown() {
        pump.close();
    }

    @Test
    void shouldFindTheDriverWhenItComesLaterAndAgainWhenItCameBack() {
        try (ExpertExchange hosts = ipc(hostCounters, DriverMode.EXTERNAL)) {
            final FramePort host = bindEcho(hosts, "a");
            for (int i = 0; i < 100; i++) {
                pump.once();
            }
            for (int round = 1; round <= 2; round++) {
                try (ExpertExchange decoders = ipc(new Counters(), DriverMode.AUTO)) {
                    final FramePort decoder = decoders.connect(List.of("a"));
                    awaitEcho(decoder, pump.receive(decoder));
                    pump.closeAndForget(decoder);
                }
                assertFalse(Files.exists(directory.resolve("driver")), "the driver's directory is left behind");
                final int peer = host.peers() - 1;
                pump.until("the host to notice", () -> !host.isConnected(peer));
            }
            pump.until("the second client to go", () -> hostCounters.value("aeron_port_client_rebuilds") >= 2);
            assertTrue(host.peers() >= 2);
        }
    }

    @Test
    void shouldComeBackWhenAPortWasStoppedLongerThanItsLiveness() {
        try (ExpertExchange hosts = ipc(hostCounters, DriverMode.EXTERNAL);
            ExpertExchange decoders = ipc(decoderCounters, DriverMode.AUTO)) {
            final FramePort decoder = decoders.connect(List.of("a"));
            final FramePort host = bindEcho(hosts, "a");
            final Received answers = pump.receive(decoder);
            awaitEcho(decoder, answers);
            pump.pause(host);
            pump.until("the decoder to miss the host", () -> !decoder.isConnected(0));
            pump.resume(host);
            awaitEcho(decoder, answers);
            assertTrue(hostCounters.value("aeron_port_client_rebuilds") >= 1);
            pump.pause(decoder);
            pump.until("the host to miss the decoder", () -> !host.isConnected(host.peers() - 1));
            pump.resume(decoder);
            awaitEcho(decoder, answers);
            assertTrue(decoderCounters.value("aeron_port_client_rebuilds") >= 1);
        }
    }

    @Test
    void shouldTurnToTheNewHostWhenOneWasKilledOnSharedMemory() {
        try (ExpertExchange hosts = ipc(hostCounters, DriverMode.EXTERNAL);
            ExpertExchange decoders = ipc(decoderCounters, DriverMode.AUTO)) {
            final FramePort decoder = decoders.connect(List.of("a"));
            final FramePort killed = bindEcho(hosts, "a");
            final Received answers = pump.receive(decoder);
            awaitEcho(decoder, answers);
            pump.pause(killed);
            bindEcho(hosts, "a");
            pump.until("the decoder to notice", () -> decoderCounters.value("aeron_port_peers_lost") >= 1);
            awaitEcho(decoder, answers);
        }
    }

    @Test
    void shouldReconnectWhenAHostsProcessVanishesOverUdp() {
        final String address = FreePorts.loopbackAddress();
        try (ExpertExchange decoders = udp(decoderCounters)) {
            final FramePort decoder = decoders.connect(List.of(address));
            final Received answers = pump.receive(decoder);
            final ExpertExchange first = udp(hostCounters);
            final FramePort killed = bindEcho(first, address);
            awaitEcho(decoder, answers);
            pump.pause(killed);
            first.close();
            try (ExpertExchange second = udp(new Counters())) {
                final FramePort host = bindEcho(second, address);
                pump.until("the decoder to notice", () -> decoderCounters.value("aeron_port_peers_lost") >= 1);
                awaitEcho(decoder, answers);
                pump.closeAndForget(host);
            }
        }
    }

    @Test
    void shouldGoOnServingWhenGarbageArrivesOnItsPorts() throws IOException {
        final String address = FreePorts.loopbackAddress();
        final long seed = Long.getLong("convoke.test.seed", System.nanoTime());
        final SplittableRandom random = new SplittableRandom(seed);
        try (ExpertExchange hosts = udp(hostCounters);
            ExpertExchange decoders = udp(decoderCounters);
            DatagramSocket socket = new DatagramSocket()) {
            final FramePort host = bindEcho(hosts, address);
            final FramePort decoder = decoders.connect(List.of(address));
            final Received answers = pump.receive(decoder);
            awaitEcho(decoder, answers);
            final int before = answers.size();
            final int port = UdpAddress.parse(address).port();
            for (int i = 0; i < 500; i++) {
                final byte[] garbage = new byte[random.nextInt(1, 2000)];
                random.nextBytes(garbage);
                socket.send(new DatagramPacket(
                    garbage, garbage.length, new InetSocketAddress("127.0.0.1", port + random.nextInt(2))));
                pump.once();
            }
            assertEquals(before, answers.size(), "garbage reached the handler, seed " + seed);
            awaitEcho(decoder, answers);
            assertEquals(1, host.peers(), "seed " + seed);
        }
    }

    @Test
    void shouldSayWhichAddressWhenItIsTaken() {
        final String address = FreePorts.loopbackAddress();
        try (ExpertExchange first = udp(hostCounters);
            ExpertExchange second = udp(decoderCounters);
            FramePort host = first.bind(address)) {
            final ConvokeException error = assertThrows(ConvokeException.class, () -> second.bind(address));
            assertTrue(error.getMessage().contains(address), error.getMessage());
            assertEquals(0, host.peers());
        }
    }

    @Test
    void shouldSayThatADriverIsThereWhenTheDirectoryIsInUse() {
        try (ExpertExchange first = ipc(hostCounters, DriverMode.EMBEDDED);
            ExpertExchange second = ipc(decoderCounters, DriverMode.EMBEDDED);
            FramePort port = first.connect(List.of("a"))) {
            final ConvokeException error =
                assertThrows(ConvokeException.class, () -> second.connect(List.of("a")));
            assertTrue(error.getMessage().contains("external"), error.getMessage());
            assertFalse(port.isConnected(0));
        }
    }

    private FramePort bindEcho(final ExpertExchange exchange, final String address) {
        final FramePort host = exchange.bind(address);
        pump.add(host, (peer, buffer, offset, length) -> host.offer(peer, buffer, offset, length));
        return host;
    }

    /** Sends until an answer comes: around a failure frames may be lost. */
    private void awaitEcho(final FramePort decoder, final Received answers) {
        final int before = answers.size();
        final long[] sentNs = {System.nanoTime() - SECOND_NS};
        pump.until("an answer", () -> {
            if (System.nanoTime() - sentNs[0] > SECOND_NS / 10 && decoder.offer(0, frame, 0, 100) > 0) {
                sentNs[0] = System.nanoTime();
            }
            return answers.size() > before;
        });
    }

    private ExpertExchange ipc(final Counters counters, final DriverMode mode) {
        final ExchangeContext context = impatient(counters);
        context.aeron().directory(directory.resolve("driver").toString()).driverMode(mode);
        context.conclude();
        return new AeronIpcExchangeProvider().open(context);
    }

    private ExpertExchange udp(final Counters counters) {
        final ExchangeContext context = impatient(counters);
        context.conclude();
        return new AeronUdpExchangeProvider().open(context);
    }

    private static ExchangeContext impatient(final Counters counters) {
        final ExchangeContext context = new ExchangeContext().counters(counters);
        context.aeron()
            .clientLivenessNs(2 * SECOND_NS)
            .driverTimeoutNs(SECOND_NS)
            .imageLivenessNs(SECOND_NS)
            .connectionTimeoutNs(SECOND_NS);
        return context;
    }
}
