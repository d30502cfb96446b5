package dev.convoke.server;

import dev.convoke.core.ExpertId;
import java.util.List;

/**
 * What an expert host is told. Immutable.
 *
 * @param number   among the hosts, or -1 if it has to wait for it
 * @param experts  that it shall begin with; later on it is ordered what to load and free
 * @param released whether nothing is placed on it, and no decoder will ask it for anything
 * @param sources  addresses of other hosts that have the checkpoint
 * @param trouble  what is in the way, in one sentence; empty if nothing is
 */
public record HostAnswer(int number, List<ExpertId> experts, boolean released, List<String> sources, String trouble) {
    /** Copies. */
    public HostAnswer {
        experts = List.copyOf(experts);
        sources = List.copyOf(sources);
    }
}
