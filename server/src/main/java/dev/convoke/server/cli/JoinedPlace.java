package dev.convoke.server.cli;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ExpertId;
import dev.convoke.server.ModelDescription;
import dev.convoke.server.client.HostRegistration;
import dev.convoke.server.deployment.HostPlace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The place of an expert host that a coordinator takes in.
 *
 * @param address where it listens
 */
record JoinedPlace(String address, HostRegistration registration) implements HostPlace {
    private static final Logger LOG = LoggerFactory.getLogger(JoinedPlace.class);

    @Override
    public int number() {
        return 0;
    }

    @Override
    public List<ExpertId> experts(final ModelConfiguration model, final Declarer own) throws InterruptedException {
        return registration.join(own.at(address)).experts();
    }

    @Override
    public Optional<ModelDescription> distantModel(final Path checkpoint) throws InterruptedException {
        if (Files.exists(checkpoint)) {
            return Optional.empty();
        }
        LOG.info("no checkpoint at {}: experts are fetched from expert hosts that have it", checkpoint);
        return Optional.of(registration.describe());
    }

    @Override
    public List<String> sources() {
        return registration.sources();
    }

    @Override
    public void leave(final Duration limit) throws InterruptedException {
        if (!registration.leave(limit)) {
            LOG.warn("What this expert host holds could not be moved to others in time; it stops nevertheless.");
        }
        registration.close();
    }
}
