package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class InProcessAddressTest {
    @Test
    void shouldRefuseASecondHostWhenTheAddressIsTaken() {
        try (ExpertExchange exchange = open();
            FramePort host = exchange.bind("a")) {
            assertThrows(ConfigurationException.class, () -> exchange.bind("a"));
            assertEquals(0, host.peers());
        }
    }

    @Test
    void shouldDeliverAtOnceWhenHostAndDecoderShareAThread() {
        try (ExpertExchange exchange = open();
            FramePort host = exchange.bind("a");
            FramePort decoder = exchange.connect(List.of("a"))) {
            decoder.poll((peer, buffer, offset, length) -> { }, 1);
            final UnsafeBuffer frame = new UnsafeBuffer(new byte[decoder.maxFrameBytes()]);
            for (int i = 0; i < 100; i++) {
                final Received received = new Received();
                assertTrue(decoder.offer(0, frame, 0, frame.capacity()) > 0);
                host.poll((peer, buffer, offset, length) ->
                    assertTrue(host.offer(peer, buffer, offset, length) > 0), 1);
                decoder.poll(received, 1);
                assertEquals(1, received.size(), "round " + i);
            }
        }
    }

    private static ExpertExchange open() {
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        return NamedServices.named(ExpertExchangeProvider.class, "in-process").open(context);
    }
}
