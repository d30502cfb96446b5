package dev.convoke.loadbalance;

import dev.convoke.core.ConfigurationException;

/**
 * What a placement is computed for.
 *
 * @param epoch   of the new placement
 * @param layers  decoder layers
 * @param experts logical experts of a layer
 * @param hosts   expert hosts
 */
public record PlacementRequest(long epoch, int layers, int experts, int hosts) {
    /** Rejects what cannot be placed. */
    public PlacementRequest {
        if (layers < 1 || experts < 1 || hosts < 1) {
            throw new ConfigurationException("Cannot place " + layers + " layers of " + experts + " experts on " + hosts
                + " hosts; each must be at least 1.");
        }
    }
}
