package dev.convoke.routing;

import dev.convoke.transport.ExpertExchange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What is measured of each host, by its number. A host that comes back is measured on, also under another number.
 *
 * @param <T> counters, gauges or recorders of one host
 */
final class HostMeasures<T> {
    private final Function<String, T> register;
    private final Map<String, T> ofAddress = new HashMap<>();
    private final List<T> ofHost;

    /**
     * Of the hosts at these addresses.
     *
     * @param register called once for each address that there is a host at
     */
    HostMeasures(final List<String> addresses, final Function<String, T> register) {
        this.register = register;
        this.ofHost = new ArrayList<>(Collections.nCopies(addresses.size(), null));
        for (int host = 0; host < addresses.size(); host++) {
            assign(host, addresses.get(host));
        }
    }

    /** What is measured of a host number is measured of the host at an address from now on. Between steps. */
    void assign(final int host, final String address) {
        if (!address.equals(ExpertExchange.NOBODY)) {
            ofHost.set(host, ofAddress.computeIfAbsent(address, register));
        }
    }

    /** Of a host that there is, or was. */
    T of(final int host) {
        return ofHost.get(host);
    }
}
