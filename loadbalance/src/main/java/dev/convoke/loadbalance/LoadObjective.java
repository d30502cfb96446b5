package dev.convoke.loadbalance;

/** What a placement spreads evenly over the hosts. */
public enum LoadObjective {
    /** Rows that hosts compute: right where compute bounds a host, as in prefill and large batches. */
    TOKENS,
    /**
     * Experts that a step makes hosts read from memory: right where memory bounds a host, as in decoding, where each
     * active expert costs the same however few its rows (the objective of METRO, arXiv 2512.09277, and Janus, arXiv
     * 2512.13525).
     */
    ACTIVE_EXPERTS
}
