package dev.convoke.server.cli;

import dev.convoke.server.ControlPlane;
import dev.convoke.server.client.CoordinatorLink;
import dev.convoke.server.deployment.AgentThread;
import dev.convoke.server.deployment.ServedDecoder;
import java.util.Optional;

/** A decoder and who tells it which expert hosts there are: a coordinator beside it, or one in another process. */
final class Steering implements AutoCloseable {
    private final ServedDecoder decoder;
    private final Optional<ControlPlane> controlPlane;
    private final Runnable endOfCoordinator;

    private Steering(final ServedDecoder decoder, final Optional<ControlPlane> controlPlane,
        final Runnable endOfCoordinator) {
        this.decoder = decoder;
        this.controlPlane = controlPlane;
        this.endOfCoordinator = endOfCoordinator;
    }

    /** Starts a decoder, a coordinator beside it, and what watches the load for that. */
    static Steering local(final DecoderOptions options, final CoordinatorOptions coordinator,
        final RebalanceOptions rebalancing) {
        final ServedDecoder decoder = options.start();
        try {
            final CoordinatorOptions.Running running = coordinator.start(decoder,
                options.experts().settings().replicas(), options.experts().addressCheck());
            final AgentThread rebalancer = rebalancing.start(decoder, running.cluster());
            return new Steering(decoder, Optional.of(running.controlPlane()), () -> {
                rebalancer.close();
                running.close();
            });
        } catch (final RuntimeException e) {
            decoder.close();
            throw e;
        }
    }

    /** Starts a decoder that joins a coordinator. */
    static Steering joined(final DecoderOptions options, final JoinOptions join) {
        options.checkJoined();
        final CoordinatorLink link = join.link();
        try {
            final ServedDecoder decoder = options.startJoined(link::await);
            link.follow(decoder.decoder()::epoch, decoder::follow);
            return new Steering(decoder, Optional.empty(), link::close);
        } catch (final RuntimeException e) {
            link.close();
            throw e;
        }
    }

    ServedDecoder decoder() {
        return decoder;
    }

    /** Of the coordinator beside the decoder, if there is one. */
    Optional<ControlPlane> controlPlane() {
        return controlPlane;
    }

    @Override
    public void close() {
        endOfCoordinator.run();
        decoder.close();
    }
}
