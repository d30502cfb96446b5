package dev.convoke.bench.serve.results;

import dev.convoke.bench.serve.RequestOutcome;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** All figures of one run. */
public final class Measurement {
    private final List<RequestOutcome> outcomes;
    private final List<RequestOutcome> probes;
    private final long startNs;
    private final long durationNs;
    private final Map<Metric, Distribution> distributions = new EnumMap<>(Metric.class);
    private final Distribution probeLatencies = new Distribution();

    /**
     * Of what came of each request.
     *
     * @param startNs    when the run started, of {@link System#nanoTime}
     * @param durationNs until the last answer
     * @param probes     what came of the probes, if there were any
     */
    public Measurement(final List<RequestOutcome> outcomes, final long startNs, final long durationNs,
        final List<RequestOutcome> probes) {
        this.outcomes = outcomes;
        this.probes = probes;
        this.startNs = startNs;
        this.durationNs = durationNs;
        for (final Metric metric : Metric.values()) {
            final Distribution distribution = new Distribution();
            succeeded().forEach(outcome -> metric.samplesNs(outcome).forEach(distribution::add));
            distributions.put(metric, distribution);
        }
        probes.stream().filter(RequestOutcome::succeeded).forEach(probe -> probeLatencies.add(probe.endToEndNs()));
    }

    private Stream<RequestOutcome> succeeded() {
        return outcomes.stream().filter(RequestOutcome::succeeded);
    }

    /** What came of each request, in their order. */
    public List<RequestOutcome> outcomes() {
        return outcomes;
    }

    long startNs() {
        return startNs;
    }

    /** When the run started, in milliseconds since 1970, by the clocks of now. */
    long startEpochMs() {
        return System.currentTimeMillis() - (System.nanoTime() - startNs) / 1_000_000;
    }

    /** Until the last answer, in seconds. */
    public double seconds() {
        return durationNs / 1e9;
    }

    /** Requests whose whole answer came. */
    public long completed() {
        return succeeded().count();
    }

    /** The others. */
    public long failed() {
        return outcomes.size() - completed();
    }

    /** How often each reason was given, by reason. */
    public Map<String, Integer> failures() {
        final Map<String, Integer> reasons = new TreeMap<>();
        outcomes.stream().filter(outcome -> !outcome.succeeded())
            .forEach(outcome -> reasons.merge(outcome.error(), 1, Integer::sum));
        return reasons;
    }

    /** Tokens of the prompts of requests that succeeded. */
    public long inputTokens() {
        return succeeded().mapToLong(RequestOutcome::promptTokens).sum();
    }

    /** Tokens of the answers that came whole. */
    public long outputTokens() {
        return succeeded().mapToLong(RequestOutcome::outputTokens).sum();
    }

    /** Something per second of the run. */
    double perSecond(final double amount) {
        return durationNs > 0 ? amount / seconds() : 0;
    }

    /** Tokens that came in the fullest of the run's seconds; tokens of one answer are spread evenly over its events. */
    public double mostOutputTokensPerSecond() {
        final double[] seconds = new double[(int)(durationNs / 1_000_000_000L) + 1];
        succeeded().forEach(outcome -> {
            for (final long tokenNs : outcome.tokenNs()) {
                final long second = Math.clamp((tokenNs - startNs) / 1_000_000_000L, 0, seconds.length - 1);
                seconds[(int)second] += (double)outcome.outputTokens() / outcome.tokenNs().length;
            }
        });
        return Arrays.stream(seconds).max().orElse(0);
    }

    /** The most requests that were under way at one time. */
    public int mostConcurrent() {
        final long[] sent = outcomes.stream().mapToLong(RequestOutcome::sentNs).sorted().toArray();
        final long[] ended = outcomes.stream().mapToLong(RequestOutcome::endNs).sorted().toArray();
        int most = 0;
        int done = 0;
        for (int begun = 0; begun < sent.length; begun++) {
            while (done <= begun && ended[done] <= sent[begun]) {
                done++;
            }
            most = Math.max(most, begun + 1 - done);
        }
        return most;
    }

    /** Latencies of the requests that succeeded. */
    public Distribution distribution(final Metric metric) {
        return distributions.get(metric);
    }

    /** How many probes there were, failed ones included. */
    public int probes() {
        return probes.size();
    }

    /** Probes that failed. */
    public long failedProbes() {
        return probes.stream().filter(probe -> !probe.succeeded()).count();
    }

    /** From the intended time of a probe to the end of its answer. */
    public Distribution probeLatencies() {
        return probeLatencies;
    }

    /** The longest time within the probing in which no probe was answered. */
    public double longestProbeGapMs() {
        final long[] answeredNs = Stream.concat(probes.stream().map(RequestOutcome::intendedNs).sorted().limit(1),
            probes.stream().filter(RequestOutcome::succeeded).map(RequestOutcome::endNs)).mapToLong(Long::longValue)
            .sorted().toArray();
        long longest = 0;
        for (int i = 1; i < answeredNs.length; i++) {
            longest = Math.max(longest, answeredNs[i] - answeredNs[i - 1]);
        }
        return longest / Distribution.NS_PER_MS;
    }
}
