package dev.convoke.bench.cli;

import dev.convoke.bench.serve.ArrivalProcess;
import dev.convoke.bench.serve.arrivals.ConstantArrivals;
import dev.convoke.bench.serve.arrivals.GammaArrivals;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.util.Locale;
import java.util.OptionalInt;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** When requests are sent. */
final class ArrivalOptions {
    private static final double MS_PER_S = 1000;

    @Option(names = "--request-rate", paramLabel = "N", defaultValue = "Infinity", converter = Rate.class,
        description = "Requests per second; 'inf' sends all at once or, with --max-concurrency, as that many users do "
            + "who wait for their answers (default inf).")
    private double requestRate;

    @Option(names = "--arrival", defaultValue = "gamma", description = "gamma (see --burstiness), constant, or burst "
        + "(see --burst-size) (default ${DEFAULT-VALUE}).")
    private String arrival;

    @Option(names = "--burstiness", paramLabel = "N", defaultValue = "1",
        description = "Shape of gamma intervals: 1 is a Poisson process, less is more bursty "
            + "(default ${DEFAULT-VALUE}).")
    private double burstiness;

    @Option(names = "--burst-size", paramLabel = "N", defaultValue = "10",
        description = "Requests of one burst (default ${DEFAULT-VALUE}).")
    private int burstSize;

    @Option(names = "--ramp-up-strategy", paramLabel = "NAME",
        description = "linear or exponential: the rate changes during the run.")
    private String rampUpStrategy;

    @Option(names = "--ramp-up-start-rps", paramLabel = "N", description = "The ramp's first rate.")
    private Double rampUpStart;

    @Option(names = "--ramp-up-end-rps", paramLabel = "N", description = "The ramp's last rate.")
    private Double rampUpEnd;

    @Option(names = "--max-concurrency", paramLabel = "N",
        description = "Most requests under way. With a request rate those beyond wait, and that counts.")
    private Integer maxConcurrency;

    @Option(names = "--start-at", paramLabel = "SECONDS", description = "When the run starts, in seconds since 1970, "
        + "so that several clients can start together or take turns (default: when all is ready).")
    private Double startAt;

    @Option(names = "--probe-request-rate", paramLabel = "N",
        description = "Beside the load, this many one-token requests per second, past --max-concurrency.")
    private Double probeRequestRate;

    /** {@code inf} as others write it. */
    static final class Rate implements ITypeConverter<Double> {
        @Override
        public Double convert(final String value) {
            return value.equalsIgnoreCase("inf") ? Double.POSITIVE_INFINITY : Double.valueOf(value);
        }
    }

    double requestRate() {
        return Choices.requirePositive("--request-rate", requestRate);
    }

    double burstiness() {
        return Choices.requirePositive("--burstiness", burstiness);
    }

    OptionalInt maxConcurrency() {
        if (maxConcurrency == null) {
            return OptionalInt.empty();
        }
        return OptionalInt.of((int)Choices.requirePositive("--max-concurrency", maxConcurrency));
    }

    /** Waits for the time at which the run is to start, if there is one. */
    void awaitStart() throws InterruptedException {
        if (startAt == null) {
            return;
        }
        final double leftMs = startAt * MS_PER_S - System.currentTimeMillis();
        if (leftMs < 0) {
            throw new ConvokeException(String.format(Locale.ROOT, "--start-at was %.1f s ago when all was ready; give "
                + "a later time.", -leftMs / MS_PER_S));
        }
        Thread.sleep(Math.round(leftMs));
    }

    /** 0 for none. */
    double probeRequestRate() {
        return probeRequestRate == null ? 0 : Choices.requirePositive("--probe-request-rate", probeRequestRate);
    }

    /** Whether users wait for their answers, so that there is no schedule. */
    boolean closedLoop(final double rate) {
        return rampUpStrategy == null && Double.isInfinite(rate) && maxConcurrency != null;
    }

    /** The process, at a rate. */
    ArrivalProcess process(final double perSecond) {
        Choices.require("--arrival", arrival, "gamma", "constant", "burst");
        if (rampUpStrategy != null) {
            return new GammaArrivals(ramp(), burstiness());
        }
        if (Double.isInfinite(perSecond) || arrival.equals("constant")) {
            return new ConstantArrivals(perSecond, 1);
        }
        return arrival.equals("burst")
            ? new ConstantArrivals(perSecond, (int)Choices.requirePositive("--burst-size", burstSize))
            : new GammaArrivals(GammaArrivals.Rate.steady(perSecond), burstiness());
    }

    private GammaArrivals.Rate ramp() {
        Choices.require("--ramp-up-strategy", rampUpStrategy, "linear", "exponential");
        if (rampUpStart == null || rampUpEnd == null) {
            throw new ConfigurationException("--ramp-up-strategy needs --ramp-up-start-rps and --ramp-up-end-rps.");
        }
        final double first = Choices.requirePositive("--ramp-up-start-rps", rampUpStart);
        final double last = Choices.requirePositive("--ramp-up-end-rps", rampUpEnd);
        return rampUpStrategy.equals("linear") ? GammaArrivals.Rate.linear(first, last)
            : GammaArrivals.Rate.exponential(first, last);
    }

    /** In words, for the record. */
    String describe(final double perSecond) {
        if (rampUpStrategy != null) {
            return rampUpStrategy + " ramp from " + rampUpStart + " to " + rampUpEnd + " per second";
        }
        if (closedLoop(perSecond)) {
            return "closed loop";
        }
        return Double.isInfinite(perSecond) ? "all at once" : arrival;
    }
}
