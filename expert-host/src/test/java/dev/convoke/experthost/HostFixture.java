package dev.convoke.experthost;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.Counters;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import dev.convoke.core.NamedServices;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.Kernels;
import dev.convoke.tensor.WorkerPool;
import dev.convoke.transport.ExchangeContext;
import dev.convoke.transport.ExpertExchange;
import dev.convoke.transport.FramePort;
import dev.convoke.transport.inprocess.InProcessExchangeProvider;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A host on the in-process exchange, run by the test's thread, with a clock that the test owns. */
final class HostFixture implements AutoCloseable {
    static final long HOST_ID = 0xABCDEFL;
    static final int FRAME_BYTES = 8192;

    final ExpertBank bank;
    final ExpertHost host;
    final Counters counters = new Counters();
    final List<String> warnings = new ArrayList<>();
    long nowNs = 1_000_000_000_000L;
    /** How far the clock advances with each reading. */
    long tickNs;
    private final WorkerPool pool;
    private final ExpertExchange exchange;
    private final List<DecoderSide> decoders = new ArrayList<>();

    private HostFixture(final Checkpoint checkpoint, final Collection<ExpertId> experts, final KernelBackend backend,
        final DType dtype, final int threads, final int frameBytes, final Consumer<ExpertHostContext> settings) {
        pool = new WorkerPool("test", threads);
        bank = ExpertBank.load(checkpoint, backend, dtype, experts, LoadProgress.NONE);
        final ExchangeContext exchangeContext = new ExchangeContext().maxFrameBytes(frameBytes);
        exchangeContext.conclude();
        exchange = new InProcessExchangeProvider().open(exchangeContext);
        final ExpertHostContext context = new ExpertHostContext()
            .port(exchange.bind("host"))
            .bank(bank)
            .kernels(new Kernels(backend, pool))
            .hostId(HOST_ID)
            .clock(() -> nowNs += tickNs)
            .counters(counters)
            .warnings(warnings::add)
            .pendingRows(512)
            .computeRows(64);
        settings.accept(context);
        host = new ExpertHost(context);
    }

    /** Scalar, one thread, all experts. */
    static HostFixture of(final Checkpoint checkpoint, final DType dtype) {
        return with(checkpoint, RandomModel.allExperts(), dtype, context -> { });
    }

    /** Scalar, one thread. */
    static HostFixture with(final Checkpoint checkpoint, final Collection<ExpertId> experts, final DType dtype,
        final Consumer<ExpertHostContext> settings) {
        return new HostFixture(checkpoint, experts, backend("scalar"), dtype, 1, FRAME_BYTES, settings);
    }

    /** All experts. */
    static HostFixture with(final Checkpoint checkpoint, final KernelBackend backend, final DType dtype,
        final int threads, final Consumer<ExpertHostContext> settings) {
        return new HostFixture(checkpoint, RandomModel.allExperts(), backend, dtype, threads, FRAME_BYTES, settings);
    }

    /** Scalar, one thread, frames of 256 KiB. */
    static HostFixture wide(final Checkpoint checkpoint, final Collection<ExpertId> experts, final DType dtype) {
        return new HostFixture(checkpoint, experts, backend("scalar"), dtype, 1, 256 * 1024,
            context -> context.pendingRows(2048));
    }

    static KernelBackend backend(final String name) {
        return NamedServices.named(KernelBackend.class, name);
    }

    /** Another port to the host. */
    FramePort port(final List<String> addresses, final UnaryOperator<ExpertExchange> wrapper) {
        return wrapper.apply(exchange).connect(addresses);
    }

    DecoderSide connect(final long decoderId) {
        final DecoderSide decoder = new DecoderSide(exchange.connect(List.of("host")), this, decoderId);
        decoders.add(decoder);
        return decoder;
    }

    /** Duty cycles and polls until neither side has anything to do. */
    void settle() {
        int idle = 0;
        while (idle < 2) {
            int work = host.doWork();
            for (final DecoderSide decoder : decoders) {
                work += decoder.poll();
            }
            idle = work == 0 ? idle + 1 : 0;
        }
    }

    @Override
    public void close() {
        decoders.forEach(DecoderSide::close);
        host.onClose();
        exchange.close();
        bank.close();
        pool.close();
    }
}
