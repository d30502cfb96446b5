package dev.convoke.bench.serve;

import java.util.List;

/** Where requests come from. */
public interface Dataset {
    /** So many requests; the same seed gives the same ones. A source that holds fewer repeats them. */
    List<LoadRequest> requests(int count, long seed);
}
