package dev.convoke.server;

import dev.convoke.checkpoint.ModelConfiguration;
import java.util.List;

/**
 * What an expert host needs to know of the model where it has no checkpoint. Immutable.
 *
 * @param sources addresses of expert hosts that have it, and send experts
 */
public record ModelDescription(ModelIdentity identity, ModelConfiguration configuration, List<String> sources) {
    /** Copies. */
    public ModelDescription {
        sources = List.copyOf(sources);
    }
}
