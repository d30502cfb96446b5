package dev.convoke.server.plugin;

import dev.convoke.core.NamedServices;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.FrameContent;
import dev.convoke.transport.FrameHandler;
import dev.convoke.transport.FramePort;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;

/** The in-process exchange, counting the frames that are sent. */
public final class CountingExchangeProvider implements ExpertExchangeProvider {
    static final AtomicLong FRAMES = new AtomicLong();

    @Override
    public String name() {
        return "counting";
    }

    @Override
    public ExpertExchange open(final ExchangeContext context) {
        final ExpertExchange exchange = NamedServices.named(ExpertExchangeProvider.class, "in-process").open(context);
        return new ExpertExchange() {
            @Override
            public FramePort connect(final List<String> hostAddresses) {
                return new CountingPort(exchange.connect(hostAddresses));
            }

            @Override
            public FramePort bind(final String address) {
                return new CountingPort(exchange.bind(address));
            }

            @Override
            public void close() {
                exchange.close();
            }
        };
    }

    private record CountingPort(FramePort port) implements FramePort {
        @Override
        public int peers() {
            return port.peers();
        }

        @Override
        public void assign(final int peer, final String address) {
            port.assign(peer, address);
        }

        @Override
        public boolean isConnected(final int peer) {
            return port.isConnected(peer);
        }

        @Override
        public long offer(final int peer, final DirectBuffer buffer, final int offset, final int length) {
            FRAMES.incrementAndGet();
            return port.offer(peer, buffer, offset, length);
        }

        @Override
        public long offer(final int peer, final int length, final FrameContent content) {
            FRAMES.incrementAndGet();
            return port.offer(peer, length, content);
        }

        @Override
        public int poll(final FrameHandler handler, final int limit) {
            return port.poll(handler, limit);
        }

        @Override
        public int maxFrameBytes() {
            return port.maxFrameBytes();
        }

        @Override
        public int preferredFrameBytes() {
            return port.preferredFrameBytes();
        }

        @Override
        public void close() {
            port.close();
        }
    }
}
