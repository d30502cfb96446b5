package dev.convoke.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.transport.AeronContext.DriverMode;
import dev.convoke.transport.aeron.AeronUdpExchangeProvider;
import io.aeron.Aeron;
import io.aeron.Publication;
import java.nio.file.Path;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may become a peer of a host over UDP. */
class HostAdmissionTest {
    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[100]);
    private final Counters counters = new Counters();
    private final String address = FreePorts.loopbackAddress();
    @TempDir
    private Path directory;

    @Test
    void shouldIgnoreAStreamThatAsksForNoAnswersAndServeOthers() {
        final ExchangeContext hostContext = new ExchangeContext().counters(counters);
        hostContext.aeron().directory(directory.resolve("driver").toString());
        hostContext.conclude();
        try (ExpertExchange hosts = new AeronUdpExchangeProvider().open(hostContext);
            ExpertExchange decoders = open();
            Pump pump = new Pump()) {
            final FramePort host = hosts.bind(address);
            final Received atHost = pump.receive(host);
            final Aeron aeron = Aeron.connect(
                new Aeron.Context().aeronDirectoryName(directory.resolve("driver").toString()));
            final Publication stranger = aeron.addPublication("aeron:udp?term-length=64k|endpoint=" + address, 7710);
            pump.until("the stranger to be noticed", () -> {
                stranger.offer(frame);
                return counters.labelled("port", "0").value("aeron_port_errors") > 0;
            });
            final FramePort decoder = decoders.connect(List.of(address));
            pump.receive(decoder);
            pump.until("a decoder to connect", () -> decoder.isConnected(0));
            pump.send(decoder, 0, frame, 10);
            pump.until("its frame", () -> atHost.size() > 0);
            aeron.close();
            assertEquals(1, host.peers());
            assertEquals(10, atHost.all().get(0).bytes().length);
            assertEquals(1, counters.labelled("port", "0").value("aeron_port_errors"));
        }
    }

    @Test
    void shouldUseADriverThatAnotherProcessRunsWhenToldSo() {
        final ExchangeContext embedding = new ExchangeContext();
        embedding.aeron().directory(directory.resolve("driver").toString()).driverMode(DriverMode.EMBEDDED);
        embedding.conclude();
        final ExchangeContext external = new ExchangeContext();
        external.aeron().directory(directory.resolve("driver").toString()).driverMode(DriverMode.EXTERNAL);
        external.conclude();
        final AeronUdpExchangeProvider provider = new AeronUdpExchangeProvider();
        try (ExpertExchange hosts = provider.open(embedding);
            ExpertExchange decoders = provider.open(external);
            Pump pump = new Pump()) {
            final Received atHost = pump.receive(hosts.bind(address));
            final FramePort decoder = decoders.connect(List.of(address));
            pump.receive(decoder);
            pump.until("the decoder to connect", () -> decoder.isConnected(0));
            pump.send(decoder, 0, frame, 10);
            pump.until("its frame", () -> atHost.size() == 1);
            assertTrue(decoder.isConnected(0));
        }
    }

    private static ExpertExchange open() {
        final ExchangeContext context = new ExchangeContext();
        context.conclude();
        return new AeronUdpExchangeProvider().open(context);
    }
}
