package dev.convoke.server.coordinator;

import dev.convoke.core.ConfigurationException;
import dev.convoke.loadbalance.LoadObjective;
import dev.convoke.loadbalance.rebalance.RebalancePolicy;

/**
 * What a {@link Rebalancer} is to do.
 *
 * @param isOn       whether it moves replicas; otherwise it only measures how even the load is
 * @param policy     when and how much
 * @param objective  what shall be even
 * @param halfLifeNs after which load counts half as much
 */
public record RebalanceSettings(boolean isOn, RebalancePolicy policy, LoadObjective objective, long halfLifeNs) {
    /** Checks. */
    public RebalanceSettings {
        if (halfLifeNs < 1) {
            throw new ConfigurationException("The half-life of the load is " + halfLifeNs + " ns; give more than 0.");
        }
    }
}
