package dev.convoke.server.metrics;

import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenStream;
import dev.convoke.server.Load;
import dev.convoke.server.Metrics;
import dev.convoke.server.ServedModel;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.ToDoubleFunction;

/**
 * Metrics of a server under vLLM's names where the meaning is the same, and under our own where it is not. Times of a
 * request come from its stream, which the decoder stamps; they are entered when it ends, by the thread that answers it.
 */
public final class PrometheusMetrics implements Metrics {
    private static final String MODEL = "model_name";
    private static final String PREFIX = "vllm:";
    private static final double NS = 1e-9;
    /** Powers of two from 100 us: fine enough for tokens of half a millisecond, far enough for hours. */
    private static final double[] SECONDS = exponential(1e-4, 26);
    private static final double[] TOKENS = exponential(1, 18);
    private static final double[] CHOICES = exponential(1, 10);

    private final ProcessMetrics process;
    private final PrometheusRegistry registry;
    private final String model;
    private final Counter promptTokens;
    private final Counter finished;
    private final Histogram timeToFirstToken;
    private final Histogram timePerOutputToken;
    private final Histogram endToEnd;
    private final Histogram queued;
    private final Histogram prefill;
    private final Histogram decode;
    private final Histogram inference;
    private final Histogram promptLength;
    private final Histogram generationLength;
    private final Histogram choices;
    private final Histogram maxTokens;

    /** Of a served model and this process. */
    public PrometheusMetrics(final ServedModel served) {
        process = new ProcessMetrics(served.counters());
        registry = process.registry();
        model = served.id();
        promptTokens = counter("prompt_tokens", "Tokens of prompts of requests that ended.");
        finished = Counter.builder().name(PREFIX + "request_success").help("Sequences that ended, by reason.")
            .labelNames(MODEL, "finished_reason").register(registry);
        timeToFirstToken = seconds("time_to_first_token", "From submission to the first token.");
        timePerOutputToken = seconds("request_time_per_output_token", "Mean time of a request's tokens after the "
            + "first.");
        endToEnd = seconds("e2e_request_latency", "From submission to the end.");
        queued = seconds("request_queue_time", "From submission to the first step.");
        prefill = seconds("request_prefill_time", "From the first step to the first token.");
        decode = seconds("request_decode_time", "From the first token to the end.");
        inference = seconds("request_inference_time", "From the first step to the end.");
        promptLength = histogram("request_prompt_tokens", "Tokens of a prompt.", TOKENS);
        generationLength = histogram("request_generation_tokens", "Tokens sampled for a request.", TOKENS);
        choices = histogram("request_params_n", "The parameter n of a request.", CHOICES);
        maxTokens = histogram("request_params_max_tokens", "The most tokens a request may be given.", TOKENS);
        gauge(served, "num_requests_running", "Sequences in the batch.", Load::running);
        gauge(served, "num_requests_waiting", "Sequences that wait to start or to go on.", Load::waiting);
        gauge(served, "kv_cache_usage_perc", "Share of the key-value cache's pages that are held, 0 to 1.",
            load -> load.pages() == 0 ? 0 : 1 - (double)load.freePages() / load.pages());
        registry.register(new DurationMetrics(served.timings()));
    }

    private static double[] exponential(final double first, final int count) {
        final double[] bounds = new double[count];
        double bound = first;
        for (int i = 0; i < count; i++) {
            bounds[i] = bound;
            bound *= 2;
        }
        return bounds;
    }

    private Counter counter(final String name, final String help) {
        return Counter.builder().name(PREFIX + name).help(help).labelNames(MODEL).register(registry);
    }

    private Histogram seconds(final String name, final String help) {
        return histogram(name + "_seconds", help, SECONDS);
    }

    private Histogram histogram(final String name, final String help, final double... bounds) {
        return Histogram.builder().name(PREFIX + name).help(help).labelNames(MODEL).classicOnly()
            .classicUpperBounds(bounds).register(registry);
    }

    private void gauge(final ServedModel served, final String name, final String help,
        final ToDoubleFunction<Load> value) {
        GaugeWithCallback.builder().name(PREFIX + name).help(help).labelNames(MODEL)
            .callback(callback -> callback.call(value.applyAsDouble(served.load()), model)).register(registry);
    }

    @Override
    public void onAccepted(final int n, final int mostTokens) {
        choices.labelValues(model).observe(n);
        maxTokens.labelValues(model).observe(mostTokens);
    }

    @Override
    public void onFinished(final GenerationRequest request, final String finishReason) {
        final TokenStream stream = request.stream();
        final int tokens = stream.tokens();
        finished.labelValues(model, finishReason).inc();
        promptTokens.labelValues(model).inc(request.promptLength());
        promptLength.labelValues(model).observe(request.promptLength());
        generationLength.labelValues(model).observe(tokens);
        if (!stream.isFinished()) {
            return;
        }
        observe(endToEnd, stream.submittedNs(), stream.finishedNs());
        if (tokens > 0) {
            observe(queued, stream.submittedNs(), stream.startedNs());
            observe(timeToFirstToken, stream.submittedNs(), stream.firstTokenNs());
            observe(prefill, stream.startedNs(), stream.firstTokenNs());
            observe(decode, stream.firstTokenNs(), stream.finishedNs());
            observe(inference, stream.startedNs(), stream.finishedNs());
        }
        if (tokens > 1) {
            timePerOutputToken.labelValues(model)
                .observe((stream.finishedNs() - stream.firstTokenNs()) * NS / (tokens - 1));
        }
    }

    private void observe(final Histogram histogram, final long fromNs, final long toNs) {
        histogram.labelValues(model).observe((toNs - fromNs) * NS);
    }

    @Override
    public void onAnswer(final String route, final int status) {
        process.onAnswer(route, status);
    }

    @Override
    public String mediaType(final String accept) {
        return process.mediaType(accept);
    }

    @Override
    public void write(final String accept, final OutputStream out) throws IOException {
        process.write(accept, out);
    }
}
