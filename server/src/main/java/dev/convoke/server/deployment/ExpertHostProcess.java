package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.Alarm;
import dev.convoke.core.Counters;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertLoader;
import dev.convoke.loadbalance.Placement;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.ModelSettings;
import dev.convoke.transport.ExpertExchange;
import java.time.Duration;

/** A process that serves experts to decoders elsewhere. Serves from its construction to {@link #close()}. */
public final class ExpertHostProcess implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(5);

    private final ResourceStack resources = new ResourceStack();
    private final Duration drainLimit;
    private final OpenedModel model;
    private final ExpertBank bank;
    private final ExpertHost host;
    private final AgentThread thread;
    private volatile boolean closing;

    /**
     * Loads the experts and binds.
     *
     * @param experts    all hosts of the deployment, as the decoder is told
     * @param hostIndex  which of them this is
     * @param drainLimit how long accepted work may take once it closes
     * @param counters   where it counts and measures
     */
    public ExpertHostProcess(final ModelSettings settings, final ExpertSettings experts, final int hostIndex,
        final Duration drainLimit, final Counters counters) {
        this.drainLimit = drainLimit;
        try {
            model = new OpenedModel(settings, "expert-host");
            resources.push(model::close);
            final Placement placement = Placements.first(model.checkpoint().configuration(), experts);
            model.expect(0, model.expertBytes(placement, hostIndex));
            bank = model.expertBank(placement, hostIndex);
            resources.push(bank::close);
            final ExpertLoader loader = model.expertLoader(1);
            resources.push(loader::close);
            final String address = experts.addresses().get(hostIndex);
            final ExpertExchange exchange = Exchanges.open(experts.exchange(), experts.aeron(), counters);
            resources.push(exchange::close);
            final Alarm alarm = experts.isTimed() ? new Alarm() : Alarm.NONE;
            host = model.expertHost(bank, loader, Exchanges.overNetwork(experts.network(), exchange, counters, alarm)
                .bind(address), Paces.of(experts, hostIndex), alarm, counters.labelled("host", address));
            thread = new AgentThread(host, AgentThread.NETWORK_PARK_NS, alarm);
            resources.push(thread::close);
            thread.start();
        } catch (final RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    /** What it serves, in one sentence for the log. */
    public String description() {
        final ModelConfiguration configuration = model.checkpoint().configuration();
        return "%s (%s), %s, %d of %d experts, %.1f MB".formatted(model.checkpoint().path().getFileName(),
            configuration.modelType(), ServedDecoder.nameOf(model.dtype()), bank.experts().size(),
            configuration.layers() * configuration.experts(), bank.bytes() / 1e6);
    }

    /** The backend and why. */
    public String backend() {
        return model.backend().reason();
    }

    /** Whether it takes work now. Any thread. */
    public Health health() {
        if (thread.failure() != null) {
            return Health.notReady("The expert host has failed (" + thread.failure() + "); restart the process.");
        }
        return closing ? Health.notReady("The expert host is shutting down.") : Health.ready();
    }

    /** What ended the host's agent, or null while it serves. */
    public Throwable failure() {
        return thread.failure();
    }

    /** Refuses new work, finishes what was accepted, and stops. */
    @Override
    public void close() {
        closing = true;
        host.drain();
        final long deadlineNs = System.nanoTime() + drainLimit.toNanos();
        try {
            while (!host.isDrained() && thread.failure() == null && System.nanoTime() < deadlineNs) {
                Thread.sleep(POLL);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        resources.close();
    }
}
