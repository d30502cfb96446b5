package dev.convoke.loadbalance.balanced;

import dev.convoke.loadbalance.CoActivation;
import dev.convoke.loadbalance.PlacementRequest;

/**
 * What co-activated pairs that lie apart cost. Each replica of an expert is taken to get its share of the rows
 * whatever the other experts of a row, so a pair with replicas on several common hosts counts with the probability
 * that both meet on one.
 */
final class PairTraffic {
    private final int experts;
    private final CoActivation pairs;
    private final double weight;
    private final double all;

    PairTraffic(final PlacementRequest request) {
        this.experts = request.experts();
        this.pairs = request.coActivation().orElse(null);
        this.all = pairs == null ? 0 : sum();
        this.weight = all > 0 ? request.trafficWeight() : 0;
    }

    private double sum() {
        double sum = 0;
        for (int layer = 0; layer < pairs.layers(); layer++) {
            for (int first = 0; first < experts; first++) {
                for (int second = 0; second < first; second++) {
                    sum += pairs.rows(layer, first, second);
                }
            }
        }
        return sum;
    }

    /** Whether traffic counts at all. */
    boolean counts() {
        return weight > 0;
    }

    /** Rows that chose both experts of a layer. */
    double rows(final int layer, final int first, final int second) {
        return pairs.rows(layer, first, second);
    }

    /** With so many rows' pairs together. */
    double cost(final double together) {
        return weight > 0 ? weight * (1 - together / all) : 0;
    }
}
