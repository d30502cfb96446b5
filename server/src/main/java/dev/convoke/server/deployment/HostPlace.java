package dev.convoke.server.deployment;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ExpertId;
import dev.convoke.experthost.ExpertBank;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.HostDeclaration;
import dev.convoke.server.ModelDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where an expert host belongs, and who tells it what to hold at the start. */
public interface HostPlace {
    /** Where it listens. */
    String address();

    /** For what is said of hosts by number, from 0. */
    int number();

    /**
     * What it shall hold at the start.
     *
     * @param own what it has to say of itself, where somebody asks; measures for a moment
     */
    List<ExpertId> experts(ModelConfiguration model, Declarer own) throws InterruptedException;

    /** What the model is, where this process has no checkpoint and others do; waits until one is there. */
    Optional<ModelDescription> distantModel(Path checkpoint) throws InterruptedException;

    /** Addresses of hosts that have the checkpoint. Any thread. */
    List<String> sources();

    /** It will stop: has others take over what it holds, for at most so long. */
    void leave(Duration limit) throws InterruptedException;

    /** Says what a host has to say of itself. */
    @FunctionalInterface
    interface Declarer {
        /** For a host at an address. */
        HostDeclaration at(String address);
    }

    /** The place of a host that is told all hosts and how replicas are placed, as its decoder is. */
    record Configured(ExpertSettings settings, int number) implements HostPlace {
        @Override
        public String address() {
            return settings.addresses().get(number);
        }

        @Override
        public List<ExpertId> experts(final ModelConfiguration model, final Declarer own) {
            return ExpertBank.expertsOf(Placements.first(model, settings), number);
        }

        @Override
        public Optional<ModelDescription> distantModel(final Path checkpoint) {
            return Optional.empty();
        }

        @Override
        public List<String> sources() {
            return List.of();
        }

        @Override
        public void leave(final Duration limit) {
            // Its decoders find out by themselves.
        }
    }
}
