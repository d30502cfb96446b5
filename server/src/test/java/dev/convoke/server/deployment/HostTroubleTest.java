package dev.convoke.server.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.NumericsId;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.TestModels;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.FramePort;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Expert hosts that are missing, of another model, or fed with what is no frame: said clearly, and survived. */
@Timeout(180)
class HostTroubleTest {
    private static final String UDP = "aeron-udp";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int OLDER_VERSION = 0;
    private static final int NEWER_VERSION = 7;

    private static ServedDecoder decoder(final String addresses, final int replicas, final NumericsId... accepted) {
        return new ServedDecoder(TestModels.settings(TestModels.TINY, DType.BF16), ExpertSettings.remote(UDP,
            Map.of(), List.of(addresses.split(",")), TestModels.ROUND_ROBIN, List.of()).withReplicas(replicas),
            Optional.of(TestModels.GATE), UnaryOperator.identity(),
            routing -> routing.acceptedNumerics(List.of(accepted)), _ -> Optional.empty());
    }

    private static void await(final String what, final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, what);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static String reasons(final ServedDecoder decoder) {
        return String.join(" ", decoder.health().reasons());
    }

    @Test
    void shouldSayWhichHostIsMissingOrOfAnotherModelAndServeOnceItIsRight() throws Exception {
        final String first = ConvokeProcess.freeUdpAddress();
        final String second = ConvokeProcess.freeUdpAddress();
        final String addresses = first + "," + second;
        try (ServedDecoder decoder = decoder(addresses, 1);
            ConvokeProcess right = ConvokeProcess.expertHost(TestModels.TINY, "bf16", UDP, addresses, 0)) {
            right.awaitSaying("ready: expert host 0 of 2");
            await("only the second is missing", () -> reasons(decoder).contains(second)
                && !reasons(decoder).contains(first));
            assertEquals(Health.Status.NOT_READY, decoder.health().status());
            try (ConvokeProcess wrong = ConvokeProcess.expertHost(TestModels.GOLDEN, "bf16", UDP, addresses, 1)) {
                wrong.awaitSaying("WARN");
                await("the refusal is named: " + reasons(decoder), () -> reasons(decoder).contains("model"));
                assertTrue(wrong.said().contains("model"), wrong.said());
                assertFalse(decoder.health().isServing());
                assertEquals(0, wrong.terminate());
            }
            try (ConvokeProcess _ = ConvokeProcess.expertHost(TestModels.TINY, "bf16", UDP, addresses, 1)) {
                assertTrue(decoder.awaitReady(LIMIT), () -> reasons(decoder));
                SameBitsTest.generate(decoder, "In the beginning");
                assertEquals(Health.ready(), decoder.health());
            }
        }
    }

    /** Beside it there is a host of numerics that are accepted: it computes once the other has gone, never before. */
    @Test
    void shouldGoOnWhenItsHostReceivesGarbageAndFramesOfAnotherVersionAndGoes() throws Exception {
        final String address = ConvokeProcess.freeUdpAddress();
        final String other = ConvokeProcess.freeUdpAddress();
        final String both = address + "," + other;
        try (ConvokeProcess host = ConvokeProcess.expertHost(TestModels.TINY, "bf16", UDP, both, 0, "--replicas", "2");
            ConvokeProcess int8 = ConvokeProcess.expertHost(TestModels.TINY, "int8", UDP, both, 1, "--replicas", "2");
            ServedDecoder decoder = decoder(both, 2, NumericsId.INT8_1)) {
            await("both are there", () -> decoder.health().status() == Health.Status.READY
                && !decoder.health().notices().isEmpty());
            assertTrue(decoder.health().notices().getFirst().startsWith("Expert host " + other + " computes int8-1"));
            final List<Integer> before = SameBitsTest.generate(decoder, "It is a truth");
            sendGarbage(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
            assertEquals(before, SameBitsTest.generate(decoder, "It is a truth"));
            sendFramesThatAreNone(address, host);
            assertEquals(before, SameBitsTest.generate(decoder, "It is a truth"));
            assertTrue(decoder.health().isServing());
            final Counters ofOther = decoder.counters().labelled("host", other).labelled("numerics", "int8-1");
            assertEquals(0, ofOther.value("moe_other_numerics_entries"));
            assertEquals(0, host.terminate());
            assertEquals(before.size(), SameBitsTest.generate(decoder, "It is a truth").size());
            assertTrue(ofOther.value("moe_other_numerics_entries") > 0);
            assertRefused(int8, other);
        }
    }

    /** By a decoder that does not accept what the host computes. */
    private static void assertRefused(final ConvokeProcess int8, final String address) {
        try (ServedDecoder decoder = decoder(address, 1)) {
            await("the numerics are named", () -> reasons(decoder).contains("it computes int8-1 and this decoder "
                + "canonical-1") && reasons(decoder).contains("--accept-numerics int8-1"));
            assertFalse(decoder.health().isServing());
            int8.awaitSaying("computes int8-1 and is asked for canonical-1");
        }
    }

    private static void sendGarbage(final int port) throws IOException {
        final SplittableRandom random = new SplittableRandom(3);
        try (DatagramSocket socket = new DatagramSocket()) {
            for (int i = 0; i < 500; i++) {
                final byte[] bytes = new byte[random.nextInt(1, 1400)];
                random.nextBytes(bytes);
                socket.send(new DatagramPacket(bytes, bytes.length, InetAddress.getLoopbackAddress(),
                    port + random.nextInt(2)));
            }
        }
    }

    /**
     * Whole frames over the exchange itself: noise, and headers of an older and a newer version. The port stays open
     * until the host has complained, since a port that closes takes with it what was still on its way.
     */
    private static void sendFramesThatAreNone(final String address, final ConvokeProcess host) {
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        final SplittableRandom random = new SplittableRandom(5);
        try (ExpertExchange exchange = NamedServices.named(ExpertExchangeProvider.class, UDP).open(context);
            FramePort port = exchange.connect(List.of(address))) {
            await("the host is there", () -> {
                port.poll((peer, buffer, offset, length) -> { }, 10);
                return port.isConnected(0);
            });
            final UnsafeBuffer frame = new UnsafeBuffer(new byte[512]);
            for (int i = 0; i < 200; i++) {
                random.nextBytes(frame.byteArray());
                if (i % 2 == 0) {
                    frame.putShort(0, (short)64);
                    frame.putShort(2, (short)1);
                    frame.putShort(4, (short)7710);
                    frame.putShort(6, (short)(i % 4 == 0 ? OLDER_VERSION : NEWER_VERSION));
                }
                await("the frame is taken", () -> {
                    port.poll((peer, buffer, offset, length) -> { }, 10);
                    return port.offer(0, frame, 0, frame.capacity()) > 0;
                });
            }
            await("the host names the version", () -> {
                port.poll((peer, buffer, offset, length) -> { }, 10);
                return host.said().contains("version");
            });
        }
    }
}
