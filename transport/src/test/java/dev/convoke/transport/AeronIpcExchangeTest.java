package dev.convoke.transport;

import dev.convoke.transport.aeron.AeronIpcExchangeProvider;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The decoder's process runs the driver; the hosts' process attaches to it. */
class AeronIpcExchangeTest extends ExpertExchangeContract {
    @TempDir
    private Path directory;

    @Override
    ExchangePair open() {
        final ExchangeContext hosts = context();
        hosts.aeron().directory(directory.resolve("driver").toString());
        hosts.conclude();
        final ExchangeContext decoders = context();
        decoders.aeron().directory(directory.resolve("driver").toString());
        decoders.conclude();
        final AeronIpcExchangeProvider provider = new AeronIpcExchangeProvider();
        return new ExchangePair(provider.open(hosts), provider.open(decoders));
    }

    @Override
    String address(final int index) {
        return index == 0 ? "100" : "host-" + index;
    }
}
