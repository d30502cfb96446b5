package dev.convoke.transport;

import dev.convoke.core.Named;

/** One way to move frames, chosen by name: {@code in-process}, {@code aeron-ipc}, {@code aeron-udp}. */
public interface ExpertExchangeProvider extends Named {
    /** Opens an exchange: whatever the ports of one process share, such as a media driver. */
    ExpertExchange open(ExchangeContext context);
}
