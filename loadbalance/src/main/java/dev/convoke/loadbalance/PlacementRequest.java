package dev.convoke.loadbalance;

/**
 * What a placement is computed for.
 *
 * @param epoch   of the new placement
 * @param layers  decoder layers
 * @param experts logical experts of a layer
 * @param hosts   expert hosts
 */
public record PlacementRequest(long epoch, int layers, int experts, int hosts) {
}
