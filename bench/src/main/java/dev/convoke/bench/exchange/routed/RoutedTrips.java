package dev.convoke.bench.exchange.routed;

import dev.convoke.bench.exchange.ExchangeShape;
import dev.convoke.bench.exchange.LegBytes;
import dev.convoke.bench.exchange.RoundTrips;
import dev.convoke.bench.exchange.Wire;
import dev.convoke.core.Alarm;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.core.NumericsId;
import dev.convoke.gating.RoutingPlan;
import dev.convoke.routing.ExchangeHandle;
import dev.convoke.routing.ExchangeOutcome;
import dev.convoke.routing.RoutedModel;
import dev.convoke.routing.RoutingContext;
import dev.convoke.routing.RoutingService;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.ExpertExchange;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Exchanges as a decoder makes them, from a plan and rows to the answers in their slots. */
public final class RoutedTrips implements RoundTrips {
    private static final long READY_WITHIN_NS = TimeUnit.SECONDS.toNanos(20);

    private final Arena arena = Arena.ofShared();
    private final Wire wire;
    private final Counters counters = new Counters();
    private final ExpertExchange exchange;
    private final RoutedHosts localHosts;
    private final RoutingContext context;
    private final RoutingService routing;
    private final ExchangeHandle handle;
    private final RoutingPlan plan;
    private final RowBuffer rows;

    /** Opens the decoder's end and, within a process, the hosts as well. */
    public RoutedTrips(final Wire wire, final ExchangeShape shape) {
        this.wire = wire;
        exchange = RoutedHosts.open(wire, 0);
        localHosts = wire.isLocal() ? RoutedHosts.local(exchange, wire, shape) : null;
        final ShapeOnly model = new ShapeOnly(shape);
        context = new RoutingContext().counters(counters).placement(RoutedHosts.placement(shape))
            .model(new RoutedModel(model.fingerprint(), NumericsId.CANONICAL_1, shape.dtype(), 1, shape.experts(),
                shape.topK(), shape.hidden()))
            .hostAddresses(wire.addresses()).port(exchange.connect(wire.addresses())).capacityRows(shape.rows())
            .decoderId(ThreadLocalRandom.current().nextLong())
            .idleStrategy(AgentThread.newIdleStrategy(AgentThread.NETWORK_PARK_NS, Alarm.NONE));
        if (localHosts != null) {
            context.localWork(localHosts.agent()).hostsTakeTurns(true);
        }
        context.conclude();
        routing = new RoutingService(context);
        handle = new ExchangeHandle(arena, context);
        rows = new RowBuffer(arena, shape.dtype(), shape.rows(), shape.hidden());
        plan = plan(shape);
    }

    /** Rows choose neighbouring experts in turn, which lie on hosts in turn. */
    private static RoutingPlan plan(final ExchangeShape shape) {
        final RoutingPlan plan = new RoutingPlan(shape.experts(), shape.topK(), shape.rows());
        plan.start(shape.rows());
        for (int row = 0; row < shape.rows(); row++) {
            for (int slot = 0; slot < shape.topK(); slot++) {
                plan.choose(row, slot, (row + slot) % shape.experts(), 1.0f / shape.topK());
            }
        }
        plan.group();
        return plan;
    }

    /** Waits until all hosts have introduced themselves. */
    public void awaitReady() {
        final long deadlineNs = System.nanoTime() + READY_WITHIN_NS;
        while (!routing.isReady()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new ConvokeException(routing.notReadyReason());
            }
            if (routing.poll() == 0) {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
            }
        }
    }

    @Override
    public void once() {
        context.stageClock().begin();
        routing.dispatch(0, plan, rows, handle);
        final ExchangeOutcome outcome = routing.await(handle);
        context.stageClock().discard();
        if (outcome != ExchangeOutcome.COMPLETE) {
            throw new ConvokeException(handle.failure());
        }
    }

    /** What one exchange puts on the wire; makes one. */
    public LegBytes legBytes() {
        final List<Long> out = bytes("moe_dispatch_bytes");
        final List<Long> back = bytes("moe_combine_bytes");
        once();
        return new LegBytes(difference(bytes("moe_dispatch_bytes"), out), difference(bytes("moe_combine_bytes"), back));
    }

    private List<Long> bytes(final String counter) {
        return wire.addresses().stream().map(address -> counters.labelled("host", address).value(counter)).toList();
    }

    private static List<Long> difference(final List<Long> now, final List<Long> before) {
        final List<Long> differences = new ArrayList<>();
        for (int i = 0; i < now.size(); i++) {
            differences.add(now.get(i) - before.get(i));
        }
        return differences;
    }

    @Override
    public void close() {
        routing.close();
        if (localHosts != null) {
            localHosts.close();
        }
        exchange.close();
        arena.close();
    }
}
