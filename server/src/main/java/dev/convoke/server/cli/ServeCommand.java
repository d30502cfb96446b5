package dev.convoke.server.cli;

import dev.convoke.core.ConvokeException;
import dev.convoke.gating.Capacity;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.deployment.ServedDecoder;
import dev.convoke.server.http.ApiServer;
import dev.convoke.server.http.ApiSettings;
import dev.convoke.server.metrics.PrometheusMetrics;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A decoder behind the HTTP API. */
@Command(name = "serve", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Serves a model over HTTP, with its experts in this process or on expert hosts elsewhere.")
final class ServeCommand implements Callable<Integer>, Checkable {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);
    private static final Duration READY_LIMIT = Duration.ofSeconds(2);

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Mixin
    private CoordinatorOptions coordinator = new CoordinatorOptions();

    @Mixin
    private ApiOptions api = new ApiOptions();

    @Mixin
    private HistogramLogOptions histogramLog = new HistogramLogOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public void check() {
        decoder.check();
        coordinator.check();
    }

    @Override
    public Integer call() throws InterruptedException {
        final ApiSettings settings = api.settings(decoder.experts());
        final HistogramLogOptions.Log log = histogramLog.log();
        final ServedDecoder served = decoder.start();
        final CoordinatorOptions.Running running = startCoordinator(served);
        final ApiServer server = listen(served, running, settings);
        final Runnable endLog = startLog(log, served, running, server);
        final ExpertSettings experts = decoder.experts().settings();
        LOG.info("model {}; backend {}", served.description(), served.backend());
        LOG.info("experts on {} {}", experts.addresses().size(), experts.local()
            ? experts.addresses().size() == 1 ? "host in this process" : "hosts in this process"
            : "hosts over " + experts.exchange() + ": " + String.join(", ", experts.addresses()));
        tellOfCapacity(served.capacity());
        final boolean ready = served.awaitReady(READY_LIMIT);
        final Health health = served.health();
        LOG.info("{} on {}://{}:{} in {} s", ready ? "ready" : "listening, but not ready,", api.scheme(), api.host(),
            server.port(), "%.2f".formatted(Lifetime.secondsSinceStart()));
        if (!ready) {
            LOG.warn("{}", String.join(" ", health.reasons()));
            Thread.ofVirtual().name("readiness").start(() -> announceReady(served));
        }
        final Throwable failure = Lifetime.run(() -> {
            LOG.info("stopping: running requests may finish");
            server.close();
            endLog.run();
            running.close();
            served.close();
            LOG.info("stopped");
        }, served::failure);
        throw new ConvokeException("The decoder has failed and the server stops: " + failure, failure);
    }

    private CoordinatorOptions.Running startCoordinator(final ServedDecoder served) {
        try {
            return coordinator.start(served);
        } catch (final RuntimeException e) {
            served.close();
            throw e;
        }
    }

    private static void tellOfCapacity(final Capacity capacity) {
        if (capacity.policy().drops()) {
            LOG.warn("Capacity policy {} at {}: experts may be left out, and texts depend on what else is answered.",
                capacity.policy().label(), capacity.factor());
        }
    }

    private static Runnable startLog(final HistogramLogOptions.Log log, final ServedDecoder served,
        final CoordinatorOptions.Running running, final ApiServer server) {
        try {
            return log.start(served.timings());
        } catch (final RuntimeException e) {
            server.close();
            running.close();
            served.close();
            throw e;
        }
    }

    private static void announceReady(final ServedDecoder served) {
        try {
            if (served.awaitReady(Duration.ofDays(1))) {
                LOG.info("ready: all experts are reached");
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ApiServer listen(final ServedDecoder served, final CoordinatorOptions.Running running,
        final ApiSettings settings) {
        try {
            return new ApiServer(served, Optional.of(running.cluster()), settings, new PrometheusMetrics(served),
                new SecureRandom()::nextLong);
        } catch (final RuntimeException e) {
            running.close();
            served.close();
            throw e;
        }
    }
}
