package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.deployment.ExpertHostProcess;
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
import picocli.CommandLine.Option;

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
    private StatusOptions status = new StatusOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public void check() {
        settings();
    }

    @Override
    public Integer call() throws InterruptedException {
        final ExpertSettings settings = settings();
        final AtomicReference<ExpertHostProcess> loaded = new AtomicReference<>();
        final Counters counters = new Counters();
        final Optional<StatusServer> statusServer = status.listen(experts, () -> health(loaded.get()),
            new ProcessMetrics(counters));
        try {
            loaded.set(new ExpertHostProcess(model.settings(), settings, hostIndex, DRAIN_LIMIT, counters));
            serve(loaded.get(), settings, statusServer);
        } finally {
            statusServer.ifPresent(StatusServer::close);
        }
        return 1;
    }

    private ExpertSettings settings() {
        model.settings();
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

    private void serve(final ExpertHostProcess process, final ExpertSettings settings,
        final Optional<StatusServer> statusServer) throws InterruptedException {
        LOG.info("model {}; backend {}", process.description(), process.backend());
        LOG.info("ready: expert host {} of {} on {} {} in {} s", hostIndex, settings.addresses().size(),
            settings.exchange(), settings.addresses().get(hostIndex), "%.2f".formatted(Lifetime.secondsSinceStart()));
        final Throwable failure = Lifetime.run(() -> {
            LOG.info("draining: accepted work is finished, new work refused");
            process.close();
            statusServer.ifPresent(StatusServer::close);
            LOG.info("stopped");
        }, process::failure);
        throw new ConvokeException("The expert host has failed: " + failure, failure);
    }
}
