package dev.convoke.bench.exchange.experts;

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
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.transport.ExpertExchange;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** Exchanges of one layer as a decoder makes them, with hosts that compute. */
public final class LayerExchange implements AutoCloseable {
    /**
     * What exchanges took, in microseconds.
     *
     * @param p50Us     of whole exchanges, from rows and plan to all results in their slots
     * @param p99Us     of whole exchanges
     * @param computeUs that a host's backend took for its batch, of the slowest host, the mean
     * @param deviceUs  that its device was at it, copies included; 0 on a CPU
     */
    public record Result(ExpertLayer layer, String exchange, int hosts, int rows, double p50Us, double p99Us,
        double computeUs, double deviceUs) {
        /** What an exchange takes beyond kernels and copies, or on a CPU beyond the FFN. */
        public double outsideUs() {
            return p50Us - (deviceUs > 0 ? deviceUs : computeUs);
        }

        /** For JSON. */
        public Map<String, Object> toMap() {
            final Map<String, Object> map = new LinkedHashMap<>();
            map.put("layer", layer.name());
            map.put("exchange", exchange);
            map.put("hosts", hosts);
            map.put("rows", rows);
            map.put("p50_us", p50Us);
            map.put("p99_us", p99Us);
            map.put("host_compute_us", computeUs);
            map.put("host_device_us", deviceUs);
            map.put("outside_us", outsideUs());
            return map;
        }
    }

    private static final long READY_WITHIN_NS = TimeUnit.SECONDS.toNanos(20);
    private static final long MOST_NS = TimeUnit.SECONDS.toNanos(100);

    private final Arena arena = Arena.ofShared();
    private final Wire wire;
    private final ExpertLayer layer;
    private final ComputingHosts hosts;
    private final ExpertExchange exchange;
    private final RoutingContext context;
    private final RoutingService routing;
    private final ExchangeHandle handle;
    private final RoutingPlan plan;
    private final RowBuffer rows;
    private final int rowCount;

    /** Starts hosts on the wire, between threads of this process, and waits until they are ready. */
    public LayerExchange(final Wire wire, final ExpertLayer layer, final RandomLayer checkpoint,
        final String backend, final int threads, final int rowCount) {
        this.wire = wire;
        this.layer = layer;
        this.rowCount = rowCount;
        exchange = ComputingHosts.open(wire, 0);
        hosts = new ComputingHosts(wire, layer, checkpoint, backend, threads);
        final NumericsId numerics = BackendSelection.of(backend, ComputingHosts.DTYPE).backend().numerics();
        context = new RoutingContext().counters(new Counters()).placement(ComputingHosts.placement(layer, wire))
            .model(new RoutedModel(checkpoint.fingerprint(), numerics, ComputingHosts.DTYPE, 1, layer.experts(),
                layer.topK(), layer.hidden()))
            .hostAddresses(wire.addresses()).port(exchange.connect(wire.addresses())).capacityRows(rowCount)
            .decoderId(ThreadLocalRandom.current().nextLong())
            .idleStrategy(AgentThread.newIdleStrategy(AgentThread.NETWORK_PARK_NS, Alarm.NONE));
        context.conclude();
        routing = new RoutingService(context);
        handle = new ExchangeHandle(arena, context);
        rows = new RowBuffer(arena, ComputingHosts.DTYPE, rowCount, layer.hidden());
        final SplittableRandom random = new SplittableRandom(11);
        for (int row = 0; row < rowCount; row++) {
            for (int column = 0; column < layer.hidden(); column++) {
                rows.set(row, column, random.nextFloat() - 0.5f);
            }
        }
        plan = new RoutingPlan(layer.experts(), layer.topK(), rowCount);
        plan(random);
        awaitReady();
    }

    /** Distinct experts for each row, any as likely. */
    private void plan(final SplittableRandom random) {
        plan.start(rowCount);
        for (int row = 0; row < rowCount; row++) {
            final int[] chosen = random.ints(0, layer.experts()).distinct().limit(layer.topK()).toArray();
            for (int slot = 0; slot < chosen.length; slot++) {
                plan.choose(row, slot, chosen[slot], 1.0f / chosen.length);
            }
        }
        plan.group();
    }

    private void awaitReady() {
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

    private void once() {
        context.stageClock().begin();
        routing.dispatch(0, plan, rows, handle);
        final ExchangeOutcome outcome = routing.await(handle);
        context.stageClock().discard();
        if (outcome != ExchangeOutcome.COMPLETE) {
            throw new ConvokeException(handle.failure());
        }
    }

    /** Makes exchanges one after the other, some to warm up and then for so long. */
    public Result measure(final long warmUpNs, final long budgetNs) {
        repeat(warmUpNs, new Histogram(MOST_NS, 3));
        final long[] compute = hosts.sums("expert_host_compute_ns");
        final long[] device = hosts.sums("expert_host_device_ns");
        final Histogram histogram = new Histogram(MOST_NS, 3);
        repeat(budgetNs, histogram);
        final long count = histogram.getTotalCount();
        return new Result(layer, wire.exchange(), wire.addresses().size(), rowCount,
            histogram.getValueAtPercentile(50) / 1e3, histogram.getValueAtPercentile(99) / 1e3,
            largest(hosts.sums("expert_host_compute_ns"), compute, count),
            largest(hosts.sums("expert_host_device_ns"), device, count));
    }

    private void repeat(final long leastNs, final Histogram histogram) {
        final long startNs = System.nanoTime();
        long nowNs = startNs;
        while (nowNs - startNs < leastNs) {
            final long beginNs = System.nanoTime();
            once();
            nowNs = System.nanoTime();
            histogram.recordValue(Math.min(MOST_NS, nowNs - beginNs));
        }
    }

    private static double largest(final long[] now, final long[] before, final long count) {
        return IntStream.range(0, now.length).mapToLong(host -> now[host] - before[host]).max().orElse(0)
            / 1e3 / count;
    }

    @Override
    public void close() {
        routing.close();
        exchange.close();
        hosts.close();
        arena.close();
    }
}
