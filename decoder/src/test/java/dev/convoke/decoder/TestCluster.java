package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Precision;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertHostContext;
import dev.convoke.gating.Gate;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementAlgorithm;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.routing.RoutedModel;
import dev.convoke.routing.RoutingContext;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.agrona.concurrent.Agent;

/** A decoder and its expert hosts in one process and on the calling thread. */
final class TestCluster implements AutoCloseable {
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);

    private final Checkpoint checkpoint;
    private final WorkerPool pool;
    private final ExpertExchange exchange;
    private final List<ExpertHost> hosts = new ArrayList<>();
    private final List<ExpertBank> banks = new ArrayList<>();
    private final DecoderContext context;
    private final Decoder decoder;
    private volatile boolean hostsPaused;

    private TestCluster(final Builder builder) {
        checkpoint = builder.checkpoint;
        pool = new WorkerPool("test", builder.threads);
        final DType dtype = builder.precision.operand();
        final KernelBackend backend = BackendSelection.of(builder.backend, builder.precision).backend();
        final Kernels kernels = new Kernels(backend, pool);
        final ModelConfiguration model = checkpoint.configuration();
        final Placement placement = builder.placement != null ? builder.placement
            : NamedServices.named(PlacementAlgorithm.class, "round-robin")
                .place(new PlacementRequest(1, model.layers(), model.experts(), builder.hosts));
        final ExchangeContext exchangeContext = new ExchangeContext();
        exchangeContext.conclude();
        exchange = NamedServices.named(ExpertExchangeProvider.class, "in-process").open(exchangeContext);
        final List<String> addresses = startHosts(builder, kernels, placement);
        final RoutingContext routing = new RoutingContext()
            .port(exchange.connect(addresses))
            .hostAddresses(addresses)
            .model(new RoutedModel(checkpoint.fingerprint(), backend.numerics(), dtype, model.layers(),
                model.experts(), model.topK(), model.hiddenSize()))
            .placement(placement)
            .decoderId(7)
            .localWork(new LocalHosts());
        builder.routingSettings.accept(routing);
        routing.conclude();
        context = new DecoderContext()
            .checkpoint(checkpoint)
            .kernels(kernels)
            .gate(NamedServices.named(Gate.class, ModelArchitecture.of(checkpoint).gate(model)))
            .routing(routing)
            .dtype(dtype)
            .observer(builder.observer);
        builder.settings.accept(context);
        context.conclude();
        decoder = new Decoder(context);
    }

    private List<String> startHosts(final Builder builder, final Kernels kernels, final Placement placement) {
        final List<String> addresses = new ArrayList<>();
        for (int host = 0; host < placement.hosts(); host++) {
            addresses.add("host-" + host);
            final ExpertBank bank = ExpertBank.load(checkpoint, kernels.backend(), builder.precision.operand(),
                ExpertBank.expertsOf(placement, host), LoadProgress.NONE);
            banks.add(bank);
            hosts.add(new ExpertHost(new ExpertHostContext().port(exchange.bind(addresses.get(host))).bank(bank)
                .kernels(kernels).hostId(host + 1)));
        }
        return addresses;
    }

    static Builder of(final Models model) {
        return new Builder(model.open());
    }

    static Builder of(final Checkpoint checkpoint) {
        return new Builder(checkpoint);
    }

    /** The sampled tokens of a request that has ended. */
    static int[] tokens(final GenerationRequest request) {
        final TokenStream stream = request.stream();
        return IntStream.range(0, stream.tokens()).map(stream::token).toArray();
    }

    Decoder decoder() {
        return decoder;
    }

    DecoderContext context() {
        return context;
    }

    /** Lets the expert hosts do nothing until called again. */
    void pauseHosts(final boolean paused) {
        hostsPaused = paused;
    }

    /** Takes an expert host away for good. */
    void loseHost(final int host) {
        hosts.remove(host).onClose();
    }

    GenerationRequest submit(final GenerationRequest request) {
        assertEquals(Admission.ACCEPTED, decoder.submit(request), decoder::notReadyReason);
        return request;
    }

    /** Works as often as it takes until something holds. */
    void runUntil(final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean()) {
            decoder.doWork();
            assertTrue(System.nanoTime() < deadlineNs, "it did not happen in time");
        }
    }

    /** Submits all at once and works until all have ended. */
    void run(final GenerationRequest... requests) {
        for (final GenerationRequest request : requests) {
            submit(request);
        }
        runUntilIdle();
        for (final GenerationRequest request : requests) {
            assertTrue(request.stream().isFinished());
        }
    }

    void runUntilIdle() {
        runUntil(decoder::isIdle);
        assertEquals(decoder.pages(), decoder.freePages(), "pages leaked");
    }

    @Override
    public void close() {
        decoder.close();
        hosts.forEach(ExpertHost::onClose);
        banks.forEach(ExpertBank::close);
        exchange.close();
        pool.close();
        checkpoint.close();
    }

    private final class LocalHosts implements Agent {
        @Override
        public int doWork() {
            int work = 0;
            if (!hostsPaused) {
                for (int i = 0; i < hosts.size(); i++) {
                    work += hosts.get(i).doWork();
                }
            }
            return work;
        }

        @Override
        public String roleName() {
            return "local-hosts";
        }
    }

    /** What differs between clusters. */
    static final class Builder {
        private final Checkpoint checkpoint;
        private Precision precision = Precision.F32;
        private String backend = BackendSelection.AUTO;
        private int threads = 1;
        private int hosts = 1;
        private Placement placement;
        private StepObserver observer = StepObserver.NONE;
        private Consumer<DecoderContext> settings = decoderContext -> { };
        private Consumer<RoutingContext> routingSettings = routingContext -> { };

        private Builder(final Checkpoint checkpoint) {
            this.checkpoint = checkpoint;
        }

        Builder dtype(final DType operandType) {
            return precision(Precision.of(operandType));
        }

        Builder precision(final Precision chosen) {
            precision = chosen;
            return this;
        }

        Builder backend(final String name) {
            backend = name;
            return this;
        }

        Builder threads(final int count) {
            threads = count;
            return this;
        }

        Builder hosts(final int count) {
            hosts = count;
            return this;
        }

        Builder placement(final Placement chosen) {
            placement = chosen;
            return this;
        }

        Builder observer(final StepObserver stepObserver) {
            observer = stepObserver;
            return this;
        }

        Builder settings(final Consumer<DecoderContext> changes) {
            settings = changes;
            return this;
        }

        Builder routingSettings(final Consumer<RoutingContext> changes) {
            routingSettings = changes;
            return this;
        }

        /** A cluster that has not done anything yet. */
        TestCluster create() {
            return new TestCluster(this);
        }

        /** A cluster whose decoder takes requests. */
        TestCluster start() {
            final TestCluster cluster = create();
            cluster.runUntil(cluster.decoder::isReady);
            return cluster;
        }
    }
}
