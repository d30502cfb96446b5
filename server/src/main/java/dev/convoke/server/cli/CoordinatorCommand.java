package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.core.Counters;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.deployment.DistantHosts;
import dev.convoke.server.http.ApiSettings;
import dev.convoke.server.http.CoordinatorServer;
import dev.convoke.server.metrics.ProcessMetrics;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A coordinator that is a process of its own. */
@Command(name = "coordinator", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Decides where replicas lie, for decoders and expert hosts that --join it. It computes nothing and "
        + "reads of the model only the weights of experts that it has loaded; while it is down, decoders and hosts go "
        + "on.")
final class CoordinatorCommand implements Callable<Integer>, Checkable {
    private static final Logger LOG = LoggerFactory.getLogger(CoordinatorCommand.class);

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ExpertOptions experts = new ExpertOptions();

    @Mixin
    private NumericsOptions numerics = new NumericsOptions();

    @Mixin
    private CoordinatorOptions coordinator = new CoordinatorOptions();

    @Mixin
    private ApiOptions api = new ApiOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public void check() {
        model.settings();
        numerics.accepted(experts.coordinated());
        if (coordinator.log() == null) {
            throw new ConfigurationException("coordinator-log is missing; a coordinator of its own goes on from a file "
                + "after a restart, so name one.");
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        final ApiSettings settings = api.settings(experts);
        if (settings.access().operators().isEmpty()) {
            throw new ConfigurationException("A coordinator of its own is spoken to with an admin key; give it one "
                + "with --admin-key-file, and keys for those who join it with --member-key-file.");
        }
        final ExpertSettings hosts = experts.coordinated();
        final Counters counters = new Counters();
        final DistantHosts distant = new DistantHosts(model.settings(), hosts, numerics.accepted(), counters);
        final CoordinatorOptions.Running running = start(distant, hosts);
        final CoordinatorServer server = listen(settings, distant, running);
        LOG.info("model {}; log {}", distant.description(), coordinator.log());
        LOG.info("room for {} expert hosts over {}, {} of them known", hosts.mostHosts(), hosts.exchange(),
            running.cluster().status().hosts().stream().filter(host -> !host.address().isEmpty()).count());
        LOG.info("ready on {}://{}:{} in {} s", api.scheme(), api.host(), server.port(),
            "%.2f".formatted(Lifetime.secondsSinceStart()));
        final Throwable failure = Lifetime.run(() -> {
            LOG.info("stopping: decoders and expert hosts go on");
            server.close();
            running.close();
            distant.close();
            LOG.info("stopped");
        }, running.thread()::failure);
        throw new ConvokeException("The coordinator has failed: " + failure, failure);
    }

    private CoordinatorOptions.Running start(final DistantHosts distant, final ExpertSettings hosts) {
        try {
            return coordinator.start(distant, hosts.replicas(), experts.addressCheck());
        } catch (final RuntimeException e) {
            distant.close();
            throw e;
        }
    }

    private static CoordinatorServer listen(final ApiSettings settings, final DistantHosts distant,
        final CoordinatorOptions.Running running) {
        try {
            return new CoordinatorServer(settings, () -> health(running), running.controlPlane(),
                new ProcessMetrics(distant.counters()), new SecureRandom()::nextLong);
        } catch (final RuntimeException e) {
            running.close();
            distant.close();
            throw e;
        }
    }

    private static Health health(final CoordinatorOptions.Running running) {
        final Throwable failure = running.thread().failure();
        return failure == null ? Health.ready()
            : Health.notReady("The coordinator has failed (" + failure + "); restart the process.");
    }
}
