package dev.convoke.server.cli;

import dev.convoke.core.AcceptedNumerics;
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
    private JoinOptions join = new JoinOptions();

    @Mixin
    private CoordinatorOptions coordinator = new CoordinatorOptions();

    @Mixin
    private RebalanceOptions rebalancing = new RebalanceOptions();

    @Mixin
    private ApiOptions api = new ApiOptions();

    @Mixin
    private HistogramLogOptions histogramLog = new HistogramLogOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public void check() {
        if (join.isGiven()) {
            decoder.checkJoined();
            rebalancing.checkJoined();
        } else {
            decoder.check();
            rebalancing.check();
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        check();
        final ApiSettings settings = api.settings(decoder.experts());
        final HistogramLogOptions.Log log = histogramLog.log();
        final Steering steering = join.isGiven() ? Steering.joined(decoder, join)
            : Steering.local(decoder, coordinator, rebalancing);
        final ServedDecoder served = steering.decoder();
        final ApiServer server = listen(steering, settings);
        final Runnable endLog = startLog(log, steering, server);
        LOG.info("model {}; backend {}", served.description(), served.backend());
        LOG.info("experts on {}", hosts());
        tellOfCapacity(served.capacity());
        tellOfNumerics(served.numerics());
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
            steering.close();
            LOG.info("stopped");
        }, served::failure);
        throw new ConvokeException("The decoder has failed and the server stops: " + failure, failure);
    }

    private String hosts() {
        if (join.isGiven()) {
            return "hosts as the coordinator at " + join.coordinator() + " says";
        }
        final ExpertSettings experts = decoder.experts().settings();
        final int count = experts.addresses().size();
        final String room = experts.mostHosts() > count ? ", room for " + (experts.mostHosts() - count) + " more" : "";
        return count + (experts.local() ? count == 1 ? " host in this process" : " hosts in this process"
            : " hosts over " + experts.exchange() + ": " + String.join(", ", experts.addresses())) + room;
    }

    private static void tellOfCapacity(final Capacity capacity) {
        if (capacity.policy().drops()) {
            LOG.warn("Capacity policy {} at {}: experts may be left out, and texts depend on what else is answered.",
                capacity.policy().label(), capacity.factor());
        }
    }

    private static void tellOfNumerics(final AcceptedNumerics numerics) {
        if (!numerics.others().isEmpty()) {
            LOG.warn("Hosts may compute {} beside {}, in this order of preference: {}; texts may depend on which do.",
                numerics.others(), numerics.own(), numerics.preferred());
        }
    }

    private static Runnable startLog(final HistogramLogOptions.Log log, final Steering steering,
        final ApiServer server) {
        try {
            return log.start(steering.decoder().timings());
        } catch (final RuntimeException e) {
            server.close();
            steering.close();
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

    private static ApiServer listen(final Steering steering, final ApiSettings settings) {
        try {
            return new ApiServer(steering.decoder(), steering.controlPlane(), settings,
                new PrometheusMetrics(steering.decoder()), new SecureRandom()::nextLong);
        } catch (final RuntimeException e) {
            steering.close();
            throw e;
        }
    }
}
