package dev.convoke.server.deployment;

import dev.convoke.core.Alarm;
import dev.convoke.core.Counters;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertLoader;
import dev.convoke.loadbalance.Placement;
import dev.convoke.server.ExpertSettings;
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
        final ExpertSettings experts, final Alarm alarm, final Counters counters) {
        final List<Agent> hosts = new ArrayList<>();
        final List<String> addresses = experts.addresses();
        try {
            for (int i = 0; i < addresses.size(); i++) {
                final ExpertBank bank = model.expertBank(placement, i);
                resources.push(bank::close);
                final ExpertLoader loader = model.expertLoader(addresses.size());
                resources.push(loader::close);
                final ExpertHost host = new ExpertHost(model.expertHost(bank, loader,
                    Paces.of(experts, i, addresses.get(i)), alarm, counters.labelled("host", addresses.get(i)))
                    .port(exchange.bind(addresses.get(i))));
                resources.push(host::onClose);
                hosts.add(host);
            }
        } catch (final RuntimeException | Error e) {
            resources.close();
            throw e;
        }
        agent = hosts.size() == 1 ? hosts.getFirst() : new CompositeAgent(hosts);
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
