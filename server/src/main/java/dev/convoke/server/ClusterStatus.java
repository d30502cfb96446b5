package dev.convoke.server;

import java.util.List;
import java.util.Optional;

/**
 * How expert hosts and moves stand.
 *
 * @param numerics     the set of bits that the deployment computes; hosts may be accepted of others
 * @param epoch        of the latest placement
 * @param decoderEpoch that the decoder computes under
 * @param hosts        by number
 * @param move         what is under way
 * @param lastFailure  why the last move was rolled back, in one sentence; empty if it was not
 * @param events       what has happened, the latest last
 */
public record ClusterStatus(String numerics, long epoch, long decoderEpoch, List<Host> hosts, Optional<Move> move,
    String lastFailure, List<String> events) {
    /**
     * One expert host, or a number that no host has yet, with an empty address.
     *
     * @param numerics the set of bits that it computes; empty while it is not heard of
     * @param speed    work per time: what it declared, else the average of those that did, else 1
     * @param up       whether it is heard of
     * @param drained  whether it shall hold nothing
     * @param placed   replicas that the placement puts on it
     * @param held     replicas it takes rows for
     * @param room     replicas that fit into its memory
     * @param loading  replicas it was told to load
     * @param freeing  replicas it was told to free
     * @param failed   replicas it could not load
     * @param failure  why, in one sentence; empty if none failed
     */
    public record Host(String address, String numerics, double speed, boolean up, boolean drained, int placed,
        int held, int room, int loading, int freeing, int failed, String failure) {
        /** Whether a host has the number that is neither there nor drained. */
        public boolean isAway() {
            return !address.isEmpty() && !up && !drained;
        }
    }

    /**
     * Replicas that are being moved.
     *
     * @param stage   loading, taking or freeing
     * @param phase   from 1
     * @param undoing whether this is the way back from a move that did not succeed
     */
    public record Move(String stage, int phase, int phases, int loads, int drops, boolean undoing) {
    }
}
