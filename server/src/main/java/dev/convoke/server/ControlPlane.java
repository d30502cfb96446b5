package dev.convoke.server;

/**
 * A coordinator as others see it; both are usually the same object.
 *
 * @param cluster    for operators
 * @param membership for expert hosts and decoders of other processes
 */
public record ControlPlane(Cluster cluster, Membership membership) {
}
