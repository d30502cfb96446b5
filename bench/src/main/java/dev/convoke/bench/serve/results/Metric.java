package dev.convoke.bench.serve.results;

import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.core.ConfigurationException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** What is measured of each request that succeeded; names as {@code vllm bench serve} has them where it has them. */
public enum Metric {
    /** From the intended time to the first token. */
    TTFT("TTFT", "Time to First Token", outcome -> LongStream.of(outcome.timeToFirstTokenNs())),
    /** Mean time of a token after the first; requests of one token have none. */
    TPOT("TPOT", "Time per Output Token (excl. 1st token)", outcome -> outcome.outputTokens() > 1
        ? LongStream.of(outcome.timePerOutputTokenNs()) : LongStream.empty()),
    /** Between an event with text and the next. */
    ITL("ITL", "Inter-token Latency", Metric::gaps),
    /** From the intended time to the end of the answer. */
    E2EL("E2EL", "End-to-end Latency", outcome -> LongStream.of(outcome.endToEndNs())),
    /** As TTFT, but from the time at which the request was sent in fact. */
    TTFT_FROM_SEND("TTFT from send", "Time to First Token from Actual Send",
        outcome -> LongStream.of(outcome.timeToFirstTokenNs() - outcome.queueNs())),
    /** As E2EL, but from the time at which the request was sent in fact. */
    E2EL_FROM_SEND("E2EL from send", "End-to-end Latency from Actual Send",
        outcome -> LongStream.of(outcome.endToEndNs() - outcome.queueNs())),
    /** From the intended time to the sending. */
    QUEUE_TIME("queue time", "Waiting in the Client", outcome -> LongStream.of(outcome.queueNs()));

    private final String label;
    private final String title;
    private final Function<RequestOutcome, LongStream> samplesNs;

    Metric(final String label, final String title, final Function<RequestOutcome, LongStream> samplesNs) {
        this.label = label;
        this.title = title;
        this.samplesNs = samplesNs;
    }

    /** The metrics of these names. */
    public static List<Metric> parse(final List<String> names) {
        return names.stream().map(name -> Arrays.stream(values()).filter(metric -> metric.key().equals(name.strip()))
            .findFirst().orElseThrow(() -> new ConfigurationException("There is no metric '" + name + "'; choose from "
                + Arrays.stream(values()).map(Metric::key).collect(Collectors.joining(", ")) + ".")))
            .toList();
    }

    private static LongStream gaps(final RequestOutcome outcome) {
        final long[] tokenNs = outcome.tokenNs();
        return IntStream.range(1, tokenNs.length).mapToLong(i -> tokenNs[i] - tokenNs[i - 1]);
    }

    /** As in result files: {@code ttft}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As in a line of the table: {@code TTFT}. */
    public String label() {
        return label;
    }

    /** As over a part of the table. */
    public String title() {
        return title;
    }

    /** Nanoseconds: none, one or many. */
    LongStream samplesNs(final RequestOutcome outcome) {
        return samplesNs.apply(outcome);
    }
}
