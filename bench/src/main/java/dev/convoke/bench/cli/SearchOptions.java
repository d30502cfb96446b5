package dev.convoke.bench.cli;

import dev.convoke.bench.serve.RateSearch;
import dev.convoke.core.ConfigurationException;
import picocli.CommandLine.Option;

/** Looking for the highest rate that keeps the service level. */
final class SearchOptions {
    private static final double LEAST_RATE = 0.01;
    private static final double MOST_RATE = 100_000;
    private static final int LEAST_REQUESTS = 20;

    @Option(names = "--find-rate", description = "Find the highest request rate at which enough requests keep "
        + "--goodput, beginning with --request-rate.")
    private boolean wanted;

    @Option(names = "--slo-attainment", paramLabel = "R", defaultValue = "0.9",
        description = "The share of requests that is enough (default ${DEFAULT-VALUE}).")
    private double share;

    @Option(names = "--rate-resolution", paramLabel = "R", defaultValue = "0.05",
        description = "How closely the rate is found, as a fraction of it (default ${DEFAULT-VALUE}).")
    private double resolution;

    @Option(names = "--trial-sec", paramLabel = "S", defaultValue = "10",
        description = "Length of each trial, of at least " + LEAST_REQUESTS + " requests (default ${DEFAULT-VALUE}).")
    private double trialSeconds;

    boolean wanted() {
        return wanted;
    }

    double share() {
        return share;
    }

    double resolution() {
        return resolution;
    }

    int requests(final double perSecond) {
        return Math.max(LEAST_REQUESTS, (int)Math.ceil(perSecond * trialSeconds));
    }

    RateSearch search() {
        if (!(share > 0 && share <= 1)) {
            throw new ConfigurationException("--slo-attainment is " + share + "; it is a share, as in 0.9.");
        }
        Choices.requirePositive("--trial-sec", trialSeconds);
        return new RateSearch(share, Choices.requirePositive("--rate-resolution", resolution), LEAST_RATE, MOST_RATE);
    }
}
