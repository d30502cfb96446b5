package dev.convoke.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.ModelFingerprint;
import dev.convoke.core.NamedServices;
import dev.convoke.core.NumericsId;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.loadbalance.Placement;
import dev.convoke.loadbalance.PlacementRequest;
import dev.convoke.loadbalance.roundrobin.RoundRobinPlacement;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.ExpertExchangeProvider;
import dev.convoke.transport.FramePort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NanoClock;

/** A routing service and its hosts on one thread, with a clock that moves only while the service idles. */
final class RoutingRig implements AutoCloseable {
    static final long IDLE_NS = TimeUnit.MICROSECONDS.toNanos(200);
    static final long RESEND_AFTER_NS = TimeUnit.MILLISECONDS.toNanos(10);
    static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(2);
    static final int CAPACITY_ROWS = 64;

    final Arena arena = Arena.ofConfined();
    final Counters counters = new Counters();
    final RoutedModel model;
    final Placement placement;
    final List<ScriptedHost> hosts = new ArrayList<>();
    final ExpertExchange exchange;
    final CountingPort port;
    final RoutingContext context;
    final RoutingService service;
    /** Done before the hosts get their turn. */
    Runnable beforeHosts = () -> { };
    long nowNs = 1;
    /** How far the clock moves at once when nothing has happened for long; at first it is {@link #IDLE_NS}. */
    long longestIdleNs = IDLE_NS;

    RoutingRig(final RoutedModel model, final int hostCount) {
        this(model, new RoundRobinPlacement().place(
            new PlacementRequest(1, model.layers(), model.experts(), hostCount)), 4096);
    }

    RoutingRig(final RoutedModel model, final Placement placement, final int maxFrameBytes) {
        this(model, placement, maxFrameBytes, (exchange, clock) -> exchange);
    }

    RoutingRig(final RoutedModel model, final Placement placement, final int maxFrameBytes,
        final BiFunction<ExpertExchange, NanoClock, ExpertExchange> wrapper) {
        this(model, placement, maxFrameBytes, wrapper, settings -> { });
    }

    RoutingRig(final RoutedModel model, final Placement placement, final int maxFrameBytes,
        final BiFunction<ExpertExchange, NanoClock, ExpertExchange> wrapper, final Consumer<RoutingContext> settings) {
        this.model = model;
        this.placement = placement;
        final ExchangeContext exchangeContext = new ExchangeContext().maxFrameBytes(maxFrameBytes)
            .clock(() -> nowNs);
        exchangeContext.conclude();
        exchange = wrapper.apply(
            NamedServices.named(ExpertExchangeProvider.class, "in-process").open(exchangeContext), () -> nowNs);
        final List<String> addresses = IntStream.range(0, placement.hosts()).mapToObj(host -> "host-" + host).toList();
        for (int host = 0; host < placement.hosts(); host++) {
            hosts.add(bind(host));
        }
        port = new CountingPort(exchange.connect(addresses));
        context = new RoutingContext().port(port).hostAddresses(addresses).model(model)
            .placement(placement).capacityRows(CAPACITY_ROWS).decoderId(77).incarnation(3).clock(() -> nowNs)
            .idleStrategy(new ClockMovingIdle()).localWork(new AllHosts()).resendAfterNs(RESEND_AFTER_NS)
            .leastResendAfterNs(RESEND_AFTER_NS)
            .exchangeDeadlineNs(DEADLINE_NS).helloIntervalNs(RESEND_AFTER_NS).counters(counters);
        settings.accept(context);
        context.conclude();
        service = new RoutingService(context);
    }

    static RoutedModel model(final DType dtype, final int hiddenSize) {
        return new RoutedModel(new ModelFingerprint(0xABCDL), NumericsId.CANONICAL_1, dtype, 3, 8, 2, hiddenSize);
    }

    /** Each expert on so many hosts that follow each other, the first ones dealt out in turn. */
    static Placement replicated(final RoutedModel model, final int hosts, final int replicas) {
        final int[][] hostsOfExpert = new int[model.layers() * model.experts()][replicas];
        for (int expert = 0; expert < hostsOfExpert.length; expert++) {
            for (int replica = 0; replica < replicas; replica++) {
                hostsOfExpert[expert][replica] = (expert + replica) % hosts;
            }
        }
        return new Placement(1, model.layers(), model.experts(), hosts, hostsOfExpert);
    }

    /** A host at an address, which must be free. */
    ScriptedHost bind(final int host) {
        final List<ExpertId> experts = new ArrayList<>();
        for (int layer = 0; layer < placement.layers(); layer++) {
            for (int expert = 0; expert < placement.experts(); expert++) {
                if (placement.holds(host, layer, expert)) {
                    experts.add(new ExpertId(layer, expert));
                }
            }
        }
        return new ScriptedHost(hostPort(host), experts, () -> nowNs);
    }

    private FramePort hostPort(final int host) {
        return exchange.bind("host-" + host);
    }

    RoutingRig ready() {
        pollUntil(service::isReady);
        assertEquals("", service.notReadyReason());
        return this;
    }

    void pollUntil(final BooleanSupplier condition) {
        for (int i = 0; !condition.getAsBoolean(); i++) {
            assertTrue(i < 100_000, () -> "not reached: " + service.notReadyReason());
            context.idleStrategy().idle(service.poll());
        }
    }

    ExchangeHandle handle() {
        return new ExchangeHandle(arena, context);
    }

    /** Distinct random experts for each row. */
    RoutingPlan randomPlan(final SplittableRandom random, final int rows) {
        final RoutingPlan plan = new RoutingPlan(model.experts(), model.topK(), CAPACITY_ROWS);
        plan.start(rows);
        for (int row = 0; row < rows; row++) {
            final int first = random.nextInt(model.experts());
            for (int slot = 0; slot < model.topK(); slot++) {
                plan.choose(row, slot, (first + slot * (1 + random.nextInt(2))) % model.experts(), 0.5f);
            }
        }
        plan.group();
        return plan;
    }

    RowBuffer randomRows(final SplittableRandom random) {
        final RowBuffer rows = new RowBuffer(arena, model.operandType(), CAPACITY_ROWS, model.hiddenSize());
        final byte[] bytes = new byte[rows.rowBytes()];
        for (int row = 0; row < CAPACITY_ROWS; row++) {
            random.nextBytes(bytes);
            MemorySegment.copy(bytes, 0, rows.segment(), ValueLayout.JAVA_BYTE, rows.rowOffsetBytes(row), bytes.length);
        }
        return rows;
    }

    /** The rows of the handle are what the experts of the plan make of the inputs, or zero, byte for byte. */
    void assertAnswered(final int layer, final RoutingPlan plan, final RowBuffer rows, final ExchangeHandle handle) {
        for (int entry = 0; entry < plan.entries(); entry++) {
            final byte[] expected = row(rows, entry / model.topK());
            for (int i = 0; i < expected.length; i++) {
                expected[i] = plan.expert(entry) == RoutingPlan.DROPPED ? 0
                    : ScriptedHost.resultByte(expected[i], layer, plan.expert(entry));
            }
            final byte[] actual = row(handle.slotRows(), entry);
            final int i = Arrays.mismatch(expected, actual);
            if (i >= 0) {
                throw new AssertionError("entry " + entry + " byte " + i + ": " + actual[i] + " is not "
                    + expected[i]);
            }
        }
    }

    private static byte[] row(final RowBuffer rows, final int row) {
        return rows.segment().asSlice(rows.rowOffsetBytes(row), rows.rowBytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public void close() {
        service.close();
        hosts.forEach(ScriptedHost::close);
        exchange.close();
        arena.close();
    }

    private final class AllHosts implements Agent {
        @Override
        public int doWork() {
            beforeHosts.run();
            int work = 0;
            for (int host = 0; host < hosts.size(); host++) {
                work += hosts.get(host).doWork();
            }
            return work;
        }

        @Override
        public String roleName() {
            return "hosts";
        }
    }

    private final class ClockMovingIdle implements IdleStrategy {
        private static final int IDLE_TURNS = 4;

        private int idle;

        @Override
        public void idle(final int workCount) {
            if (workCount > 0) {
                idle = 0;
                nowNs++;
            } else {
                idle();
            }
        }

        @Override
        public void idle() {
            nowNs += Math.min(longestIdleNs, IDLE_NS * (1 + idle++ / IDLE_TURNS));
        }

        @Override
        public void reset() {
        }
    }
}
