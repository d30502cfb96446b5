package dev.convoke.bench.exchange.routed;

import dev.convoke.bench.exchange.ExchangeShape;
import dev.convoke.bench.exchange.Resources;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.Alarm;
import dev.convoke.core.Counters;
import dev.convoke.core.NamedServices;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertHostContext;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import dev.convoke.transport.AeronSettings;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.CompositeAgent;

/** The product's expert hosts, each with a port of its own, whose kernels compute nothing. */
public final class RoutedHosts implements AutoCloseable {
    private final Resources resources = new Resources();
    private final List<Agent> agents = new ArrayList<>();

    private RoutedHosts() {
    }

    /** Each on a thread of its own, waiting as an expert host's process does. */
    public static RoutedHosts onThreads(final Wire wire, final ExchangeShape shape) {
        final RoutedHosts hosts = new RoutedHosts();
        for (int host = 0; host < shape.hosts(); host++) {
            final ExpertExchange exchange = hosts.resources.add(open(wire, host + 1));
            hosts.resources.add(new AgentThread(hosts.add(exchange, wire, shape, host), AgentThread.NETWORK_PARK_NS,
                Alarm.NONE)).start();
        }
        return hosts;
    }

    /** For the decoder's thread, on the decoder's exchange. */
    static RoutedHosts local(final ExpertExchange exchange, final Wire wire, final ExchangeShape shape) {
        final RoutedHosts hosts = new RoutedHosts();
        for (int host = 0; host < shape.hosts(); host++) {
            final ExpertHost expertHost = hosts.add(exchange, wire, shape, host);
            hosts.resources.add(expertHost::onClose);
        }
        return hosts;
    }

    private ExpertHost add(final ExpertExchange exchange, final Wire wire, final ExchangeShape shape, final int host) {
        final NoArithmetic backend = new NoArithmetic();
        final WorkerPool pool = resources.add(new WorkerPool("no-arithmetic", 1));
        final ExpertBank bank = resources.add(ExpertBank.load(new ShapeOnly(shape), backend, shape.dtype(),
            ExpertBank.expertsOf(placement(shape), host), LoadProgress.NONE));
        final ExpertHost expertHost = new ExpertHost(new ExpertHostContext().port(exchange.bind(
            wire.addresses().get(host))).bank(bank).kernels(new Kernels(backend, pool)).hostId(host + 1));
        agents.add(expertHost);
        return expertHost;
    }

    static ExpertExchange open(final Wire wire, final int end) {
        final ExchangeContext context = new ExchangeContext().counters(new Counters());
        wire.aeronOf(end).forEach((name, value) -> AeronSettings.set(context.aeron(), name, value));
        context.conclude();
        return NamedServices.named(ExpertExchangeProvider.class, wire.exchange()).open(context);
    }

    static Placement placement(final ExchangeShape shape) {
        return new RoundRobinPlacement().place(new PlacementRequest(1, 1, shape.experts(), shape.hosts()));
    }

    /** All of them as one. */
    Agent agent() {
        return agents.size() == 1 ? agents.getFirst() : new CompositeAgent(agents);
    }

    @Override
    public void close() {
        resources.close();
    }
}
