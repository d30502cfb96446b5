package dev.convoke.bench.placement;

import dev.convoke.core.ConfigurationException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** How unevenly rows of a generated load choose experts. */
public enum LoadKind {
    /** The r-th most popular expert is chosen in proportion to {@code r^-0.6}. */
    ZIPF_06("zipf-0.6", 0.6),
    /** In proportion to {@code 1/r}. */
    ZIPF_10("zipf-1.0", 1),
    /** In proportion to {@code r^-1.4}. */
    ZIPF_14("zipf-1.4", 1.4),
    /** Three in ten rows are still of a domain that another is taking over from; each is Zipf's, with other experts. */
    DOMAIN_SHIFT("domain-shift", 1),
    /** A third of all rows want the same sixteenth of the experts; the others are Zipf's. */
    BURST("burst", 0.6);

    private static final double OLD_DOMAIN = 0.3;
    private static final double BURST_SHARE = 1.0 / 3;
    private static final int EXPERTS_OF_BURST = 16;

    private final String label;
    private final double exponent;

    LoadKind(final String label, final double exponent) {
        this.label = label;
        this.exponent = exponent;
    }

    /** By labels; none twice. */
    public static List<LoadKind> parse(final List<String> labels) {
        return labels.stream().distinct().map(LoadKind::parse).toList();
    }

    private static LoadKind parse(final String label) {
        return Arrays.stream(values()).filter(kind -> kind.label.equals(label)).findFirst()
            .orElseThrow(() -> new ConfigurationException("--loads has '" + label + "'; choose from "
                + Arrays.stream(values()).map(LoadKind::label).collect(Collectors.joining(", ")) + "."));
    }

    /** On the command line and in tables. */
    public String label() {
        return label;
    }

    /** The share of choices that each expert gets on average. */
    double[] popularity(final int experts, final SplittableRandom random) {
        final double[] shares = zipf(experts, random);
        switch (this) {
            case DOMAIN_SHIFT -> {
                final double[] other = zipf(experts, random);
                Arrays.setAll(shares, expert -> OLD_DOMAIN * shares[expert] + (1 - OLD_DOMAIN) * other[expert]);
            }
            case BURST -> {
                final int wanted = Math.max(1, experts / EXPERTS_OF_BURST);
                Arrays.setAll(shares, expert -> (1 - BURST_SHARE) * shares[expert]);
                for (int i = 0; i < wanted; i++) {
                    shares[random.nextInt(experts)] += BURST_SHARE / wanted;
                }
            }
            default -> { }
        }
        return shares;
    }

    private double[] zipf(final int experts, final SplittableRandom random) {
        final double[] shares = new double[experts];
        double sum = 0;
        for (int rank = 1; rank <= experts; rank++) {
            shares[rank - 1] = StrictMath.pow(rank, -exponent);
            sum += shares[rank - 1];
        }
        for (int i = experts - 1; i >= 0; i--) {
            final int other = random.nextInt(i + 1);
            final double share = shares[other];
            shares[other] = shares[i];
            shares[i] = share / sum;
        }
        return shares;
    }
}
