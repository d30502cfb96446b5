package dev.convoke.transport.inprocess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.FramePort;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class InProcessSmokeTest {
    @Test
    void shouldAnswerOnOneThreadWhenPolledAlternately() {
        final ExpertExchangeProvider provider = NamedServices.named(ExpertExchangeProvider.class, "in-process");
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        try (ExpertExchange exchange = provider.open(context);
            FramePort host = exchange.bind("a");
            FramePort decoder = exchange.connect(List.of("a"))) {
            final UnsafeBuffer frame = new UnsafeBuffer(new byte[context.maxFrameBytes()]);
            assertEquals(FramePort.NOT_CONNECTED, decoder.offer(0, frame, 0, 1));
            decoder.poll((peer, buffer, offset, length) -> { }, 1);
            for (int i = 0; i < 100; i++) {
                assertTrue(decoder.offer(0, frame, 0, frame.capacity()) > 0);
                host.poll((peer, buffer, offset, length) ->
                    assertTrue(host.offer(peer, buffer, offset, length) > 0), 1);
                final int[] received = new int[1];
                decoder.poll((peer, buffer, offset, length) -> received[0] = length, 1);
                assertEquals(frame.capacity(), received[0]);
            }
        }
    }

    @Test
    void shouldRefuseASecondHostWhenTheAddressIsTaken() {
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        try (ExpertExchange exchange = new InProcessExchangeProvider().open(context);
            FramePort host = exchange.bind("a")) {
            assertThrows(ConfigurationException.class, () -> exchange.bind("a"));
            assertEquals(0, host.peers());
        }
    }
}
