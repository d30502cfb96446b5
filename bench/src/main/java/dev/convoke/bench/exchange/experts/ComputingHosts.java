package dev.convoke.bench.exchange.experts;

import dev.convoke.bench.exchange.Resources;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.Alarm;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.Histogram;
import dev.convoke.core.Metric;
import dev.convoke.core.NamedServices;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertHostContext;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import dev.convoke.transport.AeronSettings;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The product's expert hosts with real backends, each on a thread of its own. */
final class ComputingHosts implements AutoCloseable {
    static final DType DTYPE = DType.BF16;

    private final Resources resources = new Resources();
    private final List<Counters> counters = new ArrayList<>();

    ComputingHosts(final Wire wire, final ExpertLayer layer, final RandomLayer checkpoint, final String backendName,
        final int threads) {
        final Placement placement = placement(layer, wire);
        for (int host = 0; host < wire.addresses().size(); host++) {
            final KernelBackend backend = BackendSelection.of(backendName, DTYPE).backend();
            final List<ExpertId> experts = ExpertBank.expertsOf(placement, host);
            backend.planWeights(0, experts.size() * layer.expertBytes(DTYPE), Long.MAX_VALUE);
            final ExpertBank bank =
                resources.add(ExpertBank.load(checkpoint, backend, DTYPE, experts, LoadProgress.NONE));
            final WorkerPool pool = resources.add(new WorkerPool("host-" + host, threads));
            final ExpertExchange exchange = resources.add(open(wire, host + 1));
            final Counters itsCounters = new Counters();
            counters.add(itsCounters);
            final ExpertHost expertHost = new ExpertHost(new ExpertHostContext()
                .port(exchange.bind(wire.addresses().get(host))).bank(bank).kernels(new Kernels(backend, pool))
                .counters(itsCounters).hostId(host + 1));
            resources.add(new AgentThread(expertHost, AgentThread.NETWORK_PARK_NS, Alarm.NONE)).start();
        }
    }

    static Placement placement(final ExpertLayer layer, final Wire wire) {
        return new RoundRobinPlacement().place(new PlacementRequest(1, 1, layer.experts(), wire.addresses().size()));
    }

    static ExpertExchange open(final Wire wire, final int end) {
        final ExchangeContext context = new ExchangeContext().counters(new Counters());
        wire.aeronOf(end).forEach((name, value) -> AeronSettings.set(context.aeron(), name, value));
        context.conclude();
        return NamedServices.named(ExpertExchangeProvider.class, wire.exchange()).open(context);
    }

    /** Sum of a histogram of nanoseconds so far, of each host. */
    long[] sums(final String histogram) {
        return IntStream.range(0, counters.size()).mapToLong(host -> histogram(counters.get(host), histogram).sum())
            .toArray();
    }

    private static Histogram histogram(final Counters registry, final String name) {
        for (final Metric metric : registry.all()) {
            if (metric instanceof Histogram histogram && histogram.identity().name().equals(name)) {
                return histogram;
            }
        }
        throw new IllegalArgumentException(name);
    }

    @Override
    public void close() {
        resources.close();
    }
}
