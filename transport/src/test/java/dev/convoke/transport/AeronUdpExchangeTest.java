package dev.convoke.transport;

import dev.convoke.transport.aeron.AeronUdpExchangeProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Each process runs a driver of its own. */
class AeronUdpExchangeTest extends ExpertExchangeContract {
    private final List<String> addresses = new ArrayList<>();

    @Override
    ExchangePair open() {
        final AeronUdpExchangeProvider provider = new AeronUdpExchangeProvider();
        return new ExchangePair(provider.open(impatient()), provider.open(impatient()));
    }

    private static ExchangeContext impatient() {
        final ExchangeContext context = context();
        context.aeron().imageLivenessNs(TimeUnit.SECONDS.toNanos(1)).connectionTimeoutNs(TimeUnit.SECONDS.toNanos(1));
        context.conclude();
        return context;
    }

    @Override
    String address(final int index) {
        while (addresses.size() <= index) {
            addresses.add(FreePorts.loopbackAddress());
        }
        return addresses.get(index);
    }
}
