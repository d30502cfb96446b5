package dev.convoke.server;

import dev.convoke.loadbalance.Placement;

/**
 * The expert hosts of a deployment and where replicas lie, for those who run it. Whatever is asked for begins at once
 * and goes on while requests are answered; the status tells how far it is. Thread-safe; every method but
 * {@link #status} and {@link #placement} gives a sentence that says why not, or an empty one.
 */
public interface Cluster {
    /** How things stand. */
    ClusterStatus status();

    /** Where replicas lie, or shall lie as far as moves have got. */
    Placement placement();

    /** Moves replicas until they lie as in a placement of the same model and hosts; its epoch does not matter. */
    String move(Placement target);

    /** Moves everything off a host, and puts nothing on it until it is {@linkplain #add added} again. */
    String drain(int host);

    /** Gives a host its share: one that was drained, or has come since replicas were placed. */
    String add(int host);

    /** Undoes what is under way. */
    String cancel();
}
