package dev.convoke.tensor;

/** Work over items that may be split anywhere and done in any order by any thread. */
@FunctionalInterface
public interface RangeTask {
    /** Does items {@code [from, to)}. Must not throw: it runs on the step path. */
    void run(int from, int to);
}
