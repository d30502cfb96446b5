package dev.convoke.loadbalance.rebalance;

import dev.convoke.loadbalance.ExpertLoad;

/**
 * The load of experts as it is lately: every row and step counts half as much after each half-life. Owned by one
 * thread.
 */
public final class LoadAverage {
    private final long halfLifeNs;
    private final double[][] tokens;
    private final double[][] activeSteps;
    private double steps;
    private double choices;
    private long lastNs;

    /**
     * Of nothing yet.
     *
     * @param halfLifeNs more than 0
     * @param nowNs      when observation begins
     */
    public LoadAverage(final int layers, final int experts, final long halfLifeNs, final long nowNs) {
        if (halfLifeNs < 1) {
            throw new IllegalArgumentException("a half-life of " + halfLifeNs + " ns");
        }
        this.halfLifeNs = halfLifeNs;
        this.tokens = new double[layers][experts];
        this.activeSteps = new double[layers][experts];
        this.lastNs = nowNs;
    }

    /**
     * Adds what came since the last time.
     *
     * @param newTokens      rows that chose each expert, [layers][experts]
     * @param newActiveSteps steps in which one did, [layers][experts], none more than {@code newSteps}
     * @param newSteps       steps
     */
    public void add(final long nowNs, final long[][] newTokens, final long[][] newActiveSteps, final long newSteps) {
        final double kept = StrictMath.pow(0.5, (double)(nowNs - lastNs) / halfLifeNs);
        lastNs = nowNs;
        steps = kept * steps + newSteps;
        choices *= kept;
        for (int layer = 0; layer < tokens.length; layer++) {
            for (int expert = 0; expert < tokens[layer].length; expert++) {
                tokens[layer][expert] = kept * tokens[layer][expert] + newTokens[layer][expert];
                activeSteps[layer][expert] = kept * activeSteps[layer][expert] + newActiveSteps[layer][expert];
                choices += newTokens[layer][expert];
            }
        }
    }

    /** Rows, times layers and choices of each, that it consists of; fades like everything. */
    public double choices() {
        return choices;
    }

    /** The average; there must have been a step. */
    public ExpertLoad load() {
        final double[][] active = new double[tokens.length][];
        for (int layer = 0; layer < active.length; layer++) {
            active[layer] = activeSteps[layer].clone();
            for (int expert = 0; expert < active[layer].length; expert++) {
                // Sums of many roundings.
                active[layer][expert] = Math.min(steps, active[layer][expert]);
            }
        }
        return ExpertLoad.of(tokens, active, steps);
    }
}
