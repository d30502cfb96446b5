package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.deployment.ExpertHostProcess;
import dev.convoke.server.deployment.HostPlace;
import dev.convoke.server.http.StatusServer;
import dev.convoke.server.metrics.ProcessMetrics;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One expert host. */
@Command(name = "expert-host", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Serves the experts that the placement gives to one host; loads nothing else of the model.")
final class ExpertHostCommand implements Callable<Integer>, Checkable {
    private static final Logger LOG = LoggerFactory.getLogger(ExpertHostCommand.class);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(20);

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ExpertOptions experts = new ExpertOptions();

    @Option(names = "--host-index", paramLabel = "I",
        description = "Which of --expert-hosts this one is, counted from 0.")
    private Integer hostIndex;

    @Mixin
    private JoinOptions join = new JoinOptions();

    @Option(names = "--listen", paramLabel = "ADDRESS", description = "With --join, where this host listens and others "
        + "reach it: host:port for aeron-udp, any name for aeron-ipc.")
    private String listen;

    @Spec
    private CommandSpec spec;

    @Mixin
    private StatusOptions status = new StatusOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public void check() {
        if (join.isGiven()) {
            model.settings();
            experts.joined();
            listenAddress();
        } else {
            settings();
        }
    }

    private String listenAddress() {
        if (listen == null) {
            throw Setting.contradiction(spec, "join", "listen", "say where others reach this host");
        }
        return experts.addressCheck().apply(listen);
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        final ExpertSettings settings = join.isGiven() ? experts.joined() : settings();
        final HostPlace place = join.isGiven() ? new JoinedPlace(listenAddress(), join.registration())
            : new HostPlace.Configured(settings, hostIndex);
        final AtomicReference<ExpertHostProcess> loaded = new AtomicReference<>();
        final Counters counters = new Counters();
        final Optional<StatusServer> statusServer = status.listen(experts, () -> health(loaded.get()),
            new ProcessMetrics(counters));
        try {
            loaded.set(new ExpertHostProcess(model.settings(), settings, place, DRAIN_LIMIT, counters));
            serve(loaded.get(), settings, place, statusServer);
        } finally {
            statusServer.ifPresent(StatusServer::close);
        }
        return 1;
    }

    private ExpertSettings settings() {
        model.settings();
        if (listen != null) {
            throw Setting.contradiction(spec, "listen", "join", "give both, or neither");
        }
        final ExpertSettings settings = experts.settings();
        if (settings.local()) {
            throw new ConfigurationException("An expert host of its own needs an exchange between processes and "
                + "the addresses of all hosts; set exchange to aeron-udp or aeron-ipc, and expert-hosts as for the "
                + "decoder.");
        }
        final int last = settings.addresses().size() - 1;
        if (hostIndex == null || hostIndex < 0 || hostIndex > last) {
            throw new ConfigurationException((hostIndex == null ? "host-index is missing" : "host-index is "
                + hostIndex) + "; choose 0 to " + last + ", this host's place among expert-hosts.");
        }
        return settings;
    }

    private static Health health(final ExpertHostProcess process) {
        return process == null ? Health.notReady("The expert host is loading its experts.") : process.health();
    }

    private void serve(final ExpertHostProcess process, final ExpertSettings settings, final HostPlace place,
        final Optional<StatusServer> statusServer) throws InterruptedException {
        LOG.info("model {}; backend {}", process.description(), process.backend());
        LOG.info("ready: expert host {} on {} {} in {} s", join.isGiven() ? "of the coordinator at "
            + join.coordinator() : hostIndex + " of " + settings.addresses().size(), settings.exchange(),
            place.address(), "%.2f".formatted(Lifetime.secondsSinceStart()));
        final Throwable failure = Lifetime.run(() -> {
            LOG.info(join.isGiven() ? "leaving: others take over, accepted work is finished"
                : "draining: accepted work is finished, new work refused");
            process.close();
            statusServer.ifPresent(StatusServer::close);
            LOG.info("stopped");
        }, process::failure);
        throw new ConvokeException("The expert host has failed: " + failure, failure);
    }
}
