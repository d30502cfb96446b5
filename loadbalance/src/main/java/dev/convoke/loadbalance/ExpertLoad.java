package dev.convoke.loadbalance;

import java.util.Arrays;
import java.util.Locale;

/**
 * How much work each expert brings, measured or expected: immutable. Tokens are relative, only their proportions count
 * within a layer. The activity of an expert is the share of steps in which at least one row chose it.
 */
public final class ExpertLoad {
    private final double[][] tokens;
    private final double[][] activity;

    private ExpertLoad(final double[][] tokens, final double[][] activity) {
        this.tokens = tokens;
        this.activity = activity;
    }

    /** Rows that chose each expert, [layers][experts]; the activity is unknown. */
    public static ExpertLoad ofTokens(final double[][] tokens) {
        return new ExpertLoad(checked("tokens", tokens, Double.MAX_VALUE), null);
    }

    /**
     * Rows that chose each expert, and in how many steps there was one.
     *
     * @param tokens      [layers][experts]
     * @param activeSteps [layers][experts], none more than {@code steps}
     * @param steps       steps counted, more than 0
     */
    public static ExpertLoad of(final double[][] tokens, final double[][] activeSteps, final double steps) {
        if (!(steps > 0) || steps == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("a load of " + steps + " steps");
        }
        final double[][] rows = checked("tokens", tokens, Double.MAX_VALUE);
        final double[][] shares = checked("active steps", activeSteps, steps);
        if (shares.length != rows.length || shares[0].length != rows[0].length) {
            throw new IllegalArgumentException("active steps of " + shares.length + " layers of " + shares[0].length
                + " experts, tokens of " + rows.length + " of " + rows[0].length);
        }
        for (final double[] layer : shares) {
            Arrays.setAll(layer, expert -> layer[expert] / steps);
        }
        return new ExpertLoad(rows, shares);
    }

    /** Every expert alike, always active. */
    public static ExpertLoad uniform(final int layers, final int experts) {
        final double[][] ones = new double[layers][experts];
        for (final double[] layer : ones) {
            Arrays.fill(layer, 1);
        }
        return of(ones, ones, 1);
    }

    private static double[][] checked(final String what, final double[][] values, final double limit) {
        if (values.length == 0 || values[0].length == 0) {
            throw new IllegalArgumentException(what + " of no experts");
        }
        final double[][] copy = new double[values.length][];
        for (int layer = 0; layer < values.length; layer++) {
            copy[layer] = values[layer].clone();
            if (copy[layer].length != copy[0].length) {
                throw new IllegalArgumentException(what + " of layer " + layer + " are of " + copy[layer].length
                    + " experts, those of layer 0 of " + copy[0].length);
            }
            for (int expert = 0; expert < copy[layer].length; expert++) {
                if (!(copy[layer][expert] >= 0 && copy[layer][expert] <= limit)) {
                    throw new IllegalArgumentException(what + " of layer " + layer + " expert " + expert + " are "
                        + copy[layer][expert]);
                }
            }
        }
        return copy;
    }

    /**
     * The same tokens with the activity that steps of so many rows would have if rows chose independently:
     * {@code 1 - (1 - q)^rows}, q the share of rows that choose the expert.
     *
     * @param rowsPerStep rows of a step, as in decoding; more than 0
     * @param topK        choices of each row
     */
    public ExpertLoad withEstimatedActivity(final double rowsPerStep, final int topK) {
        if (!(rowsPerStep > 0) || topK < 1) {
            throw new IllegalArgumentException("steps of " + rowsPerStep + " rows with " + topK + " choices");
        }
        final double[][] estimated = new double[layers()][experts()];
        for (int layer = 0; layer < layers(); layer++) {
            final double total = totalTokens(layer);
            for (int expert = 0; expert < experts(); expert++) {
                final double share = total > 0 ? Math.min(1, topK * tokens[layer][expert] / total) : 0;
                estimated[layer][expert] = 1 - StrictMath.pow(1 - share, rowsPerStep);
            }
        }
        return new ExpertLoad(tokens, estimated);
    }

    /** Decoder layers. */
    public int layers() {
        return tokens.length;
    }

    /** Logical experts of a layer. */
    public int experts() {
        return tokens[0].length;
    }

    /** Rows that chose an expert. */
    public double tokens(final int layer, final int expert) {
        return tokens[layer][expert];
    }

    /** Rows of all experts of a layer. */
    public double totalTokens(final int layer) {
        return Arrays.stream(tokens[layer]).sum();
    }

    /** Whether the activity of experts is known. */
    public boolean hasActivity() {
        return activity != null;
    }

    /** The share of steps, 0 to 1, in which an expert had rows; an error where it is unknown. */
    public double activity(final int layer, final int expert) {
        if (activity == null) {
            throw new IllegalStateException("this load does not know in how many steps experts were active");
        }
        return activity[layer][expert];
    }

    /** What an expert adds to the work of the hosts that hold it. */
    public double weight(final LoadObjective objective, final int layer, final int expert) {
        return objective == LoadObjective.TOKENS ? tokens[layer][expert] : activity(layer, expert);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof ExpertLoad that && Arrays.deepEquals(tokens, that.tokens)
            && Arrays.deepEquals(activity, that.activity);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.deepHashCode(tokens) + Arrays.deepHashCode(activity);
    }

    @Override
    public String toString() {
        double rows = 0;
        for (int layer = 0; layer < layers(); layer++) {
            rows += totalTokens(layer);
        }
        return String.format(Locale.ROOT, "load of %d layers of %d experts: %.0f tokens", layers(), experts(), rows);
    }
}
