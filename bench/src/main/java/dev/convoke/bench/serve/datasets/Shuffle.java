package dev.convoke.bench.serve.datasets;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Random orders. */
final class Shuffle {
    private Shuffle() {
    }

    static <T> List<T> of(final List<T> items, final RandomGenerator random) {
        final List<T> shuffled = new ArrayList<>(items);
        Collections.shuffle(shuffled, random);
        return shuffled;
    }
}
