package dev.convoke.gating;

import dev.convoke.core.ConfigurationException;

/**
 * How many rows of a step an expert may take, and what becomes of more.
 *
 * @param policy what becomes of more
 * @param factor capacity of an expert relative to an even share of a step's entries (Fedus et al., Switch Transformers,
 *               2021, section 2.2); positive, infinite for no limit
 */
public record Capacity(CapacityPolicy policy, double factor) {
    /** No limit. */
    public static final Capacity DROPLESS = new Capacity(CapacityPolicy.DROPLESS, Double.POSITIVE_INFINITY);

    /** Checks that both make sense together. */
    public Capacity {
        if (!(factor > 0)) {
            throw new ConfigurationException("capacity-factor is " + factor + "; choose a positive number.");
        }
        if (policy == CapacityPolicy.DROPLESS && factor < Double.POSITIVE_INFINITY) {
            throw new ConfigurationException("capacity-factor is " + factor + ", but capacity-policy dropless knows no "
                + "limit; choose spill, expanded-drop or drop, or leave the factor out.");
        }
    }

    /** {@code ceil(factor x rows x top-k / experts)}, at least 1; the largest int where there is no limit. */
    int rows(final int stepRows, final int topK, final int experts) {
        // The cast saturates, so an infinite factor gives a capacity that no expert reaches.
        return Math.max(1, (int)Math.ceil(factor * stepRows * topK / experts));
    }
}
