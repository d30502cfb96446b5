package dev.convoke.server;

/**
 * What a decoder says of itself.
 *
 * @param id       random, chosen at its start
 * @param epoch    no step of it is under an earlier one; 0 before it has a placement
 * @param revision of the deployment that it knows; empty if it knows none
 */
public record DecoderReport(long id, ModelIdentity model, long epoch, String revision) {
}
