package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.Alarm;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.core.ExpertId;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.experthost.ExpertHost;
import dev.convoke.experthost.ExpertLoader;
import dev.convoke.experthost.Pace;
import dev.convoke.experthost.WarmUp;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.ModelIdentity;
import dev.convoke.server.ModelSettings;
import dev.convoke.transport.ExpertExchange;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.concurrent.SystemNanoClock;

/** A process that serves experts to decoders elsewhere. Serves from its construction to {@link #close()}. */
public final class ExpertHostProcess implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(5);

    private final ResourceStack resources = new ResourceStack();
    private final Duration drainLimit;
    private final HostPlace place;
    private final OpenedModel model;
    private final ExpertBank bank;
    private final ExpertHost host;
    private final AgentThread thread;
    private volatile boolean closing;

    /**
     * Loads the experts and binds.
     *
     * @param experts    how rows travel
     * @param place      which host this is
     * @param drainLimit how long accepted work may take once it closes
     * @param counters   where it counts and measures
     */
    public ExpertHostProcess(final ModelSettings settings, final ExpertSettings experts, final HostPlace place,
        final Duration drainLimit, final Counters counters) {
        this.drainLimit = drainLimit;
        this.place = place;
        try {
            final ExpertExchange exchange = Exchanges.open(experts.exchange(), experts.aeron(), counters);
            resources.push(exchange::close);
            model = open(settings, exchange);
            resources.push(model::close);
            final Pace pace = Paces.of(experts, place.number(), place.address());
            final long hostId = ThreadLocalRandom.current().nextLong();
            bank = model.expertBank(firstExperts(pace, hostId));
            resources.push(bank::close);
            WarmUp.run(bank, model.kernels(), SystemNanoClock.INSTANCE);
            final ExpertLoader loader = model.expertLoader(1);
            resources.push(loader::close);
            final String address = place.address();
            final Alarm alarm = experts.isTimed() ? new Alarm() : Alarm.NONE;
            host = new ExpertHost(model.expertHost(bank, loader, pace, alarm, counters.labelled("host", address))
                .hostId(hostId).port(Exchanges.overNetwork(experts.network(), exchange, counters, alarm)
                .bind(address)));
            thread = new AgentThread(host, AgentThread.NETWORK_PARK_NS, alarm);
            resources.push(thread::close);
            thread.start();
        } catch (final RuntimeException | Error e) {
            resources.close();
            throw e;
        }
    }

    private OpenedModel open(final ModelSettings settings, final ExpertExchange exchange) {
        try {
            return place.distantModel(settings.path())
                .map(model -> OpenedModel.distant(settings, model, exchange, place::sources))
                .orElseGet(() -> new OpenedModel(settings, "expert-host"));
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConvokeException("The expert host was stopped while it waited for its coordinator.", e);
        }
    }

    /** Asks what to hold, and makes sure that it fits. */
    private List<ExpertId> firstExperts(final Pace pace, final long hostId) {
        final List<ExpertId> experts;
        try {
            experts = place.experts(model.checkpoint().configuration(), address -> new HostDeclaration(address, hostId,
                ModelIdentity.of(model.routed()),
                // What is fetched has to be checked, and only orders bring checksums: it begins with nothing.
                model.hasWeights() ? model.room() : 0, model.speed(pace), model.hasWeights(), false));
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConvokeException("The expert host was stopped while it waited for its coordinator.", e);
        }
        model.expectExperts(experts.size());
        return experts;
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

    /** Has others take over, refuses new work, finishes what was accepted, and stops. */
    @Override
    public void close() {
        closing = true;
        try {
            place.leave(drainLimit);
            host.drain();
            final long deadlineNs = System.nanoTime() + drainLimit.toNanos();
            while (!host.isDrained() && thread.failure() == null && System.nanoTime() < deadlineNs) {
                Thread.sleep(POLL);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        resources.close();
    }
}
