package dev.convoke.loadbalance;

/**
 * How many rows chose two experts of a layer together: immutable. A row travels to a host once however many of its
 * experts are there, so experts that are chosen together save traffic where they lie together.
 */
public final class CoActivation {
    private final int experts;
    private final double[][] pairs;

    private CoActivation(final int experts, final double[][] pairs) {
        this.experts = experts;
        this.pairs = pairs;
    }

    /** Collects pairs; not thread-safe. */
    public static Builder builder(final int layers, final int experts) {
        return new Builder(layers, experts);
    }

    /** Decoder layers. */
    public int layers() {
        return pairs.length;
    }

    /** Logical experts of a layer. */
    public int experts() {
        return experts;
    }

    /** Rows that chose both experts, in either order; 0 of an expert with itself. */
    public double rows(final int layer, final int first, final int second) {
        return first == second ? 0 : pairs[layer][index(first, second)];
    }

    private static int index(final int first, final int second) {
        final int larger = Math.max(first, second);
        return larger * (larger - 1) / 2 + Math.min(first, second);
    }

    /** What is observed, row by row or pair by pair. */
    public static final class Builder {
        private final int experts;
        private final double[][] pairs;

        private Builder(final int layers, final int experts) {
            if (layers < 1 || experts < 1) {
                throw new IllegalArgumentException("co-activation of " + layers + " layers of " + experts
                    + " experts");
            }
            this.experts = experts;
            this.pairs = new double[layers][experts * (experts - 1) / 2];
        }

        /** Adds rows that chose two distinct experts of a layer. */
        public Builder add(final int layer, final int first, final int second, final double rows) {
            if (first == second || first < 0 || second < 0 || first >= experts || second >= experts || !(rows >= 0)) {
                throw new IllegalArgumentException(rows + " rows chose experts " + first + " and " + second + " of "
                    + experts);
            }
            pairs[layer][index(first, second)] += rows;
            return this;
        }

        /** Adds one row that chose the experts, all distinct. */
        public Builder addRow(final int layer, final int... chosen) {
            for (int i = 1; i < chosen.length; i++) {
                for (int j = 0; j < i; j++) {
                    add(layer, chosen[i], chosen[j], 1);
                }
            }
            return this;
        }

        /** What was added so far. */
        public CoActivation build() {
            final double[][] copy = new double[pairs.length][];
            for (int layer = 0; layer < copy.length; layer++) {
                copy[layer] = pairs[layer].clone();
            }
            return new CoActivation(experts, copy);
        }
    }
}
