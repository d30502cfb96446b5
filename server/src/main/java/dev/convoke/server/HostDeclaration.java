package dev.convoke.server;

/**
 * What an expert host says of itself.
 *
 * @param address where it is reached, or will be once it has loaded its experts
 * @param hostId  random, chosen at its start; what it answers at the address has it, too
 * @param room    replicas that fit into its memory
 * @param speed   experts it computes a row with in a second
 * @param weights whether it has the checkpoint, and sends experts of it to others
 * @param leaving whether it will go as soon as it can be done without
 */
public record HostDeclaration(String address, long hostId, ModelIdentity model, int room, double speed,
    boolean weights, boolean leaving) {
    /** The same, about to go. */
    public HostDeclaration leaves() {
        return new HostDeclaration(address, hostId, model, room, speed, weights, true);
    }
}
