package dev.convoke.server.deployment;

import dev.convoke.core.Counters;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.loadbalance.Placement;
import dev.convoke.transport.ExpertExchange;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.CompositeAgent;

/**
 * Expert hosts that the decoder's thread runs while it waits for them. They are hosts like any other: each has its bank
 * and its port, and shares only thread and worker pool.
 */
final class LocalExpertHosts implements AutoCloseable {
    private final ResourceStack resources = new ResourceStack();
    private final Agent agent;

    LocalExpertHosts(final OpenedModel model, final Placement placement, final ExpertExchange exchange,
        final List<String> addresses, final Counters counters) {
        final List<Agent> hosts = new ArrayList<>();
        try {
            for (int i = 0; i < addresses.size(); i++) {
                hosts.add(host(model, model.expertBank(placement, i), exchange, addresses.get(i),
                    counters.labelled("host", addresses.get(i))));
            }
        } catch (final RuntimeException | Error e) {
            resources.close();
            throw e;
        }
        agent = hosts.size() == 1 ? hosts.getFirst() : new CompositeAgent(hosts);
    }

    private ExpertHost host(final OpenedModel model, final ExpertBank bank, final ExpertExchange exchange,
        final String address, final Counters counters) {
        resources.push(bank::close);
        final ExpertHost host = model.expertHost(bank, exchange.bind(address), counters);
        resources.push(host::onClose);
        return host;
    }

    /** All of them as one, for the decoder's thread. */
    Agent agent() {
        return agent;
    }

    /** After the decoder's thread has stopped. */
    @Override
    public void close() {
        resources.close();
    }
}
