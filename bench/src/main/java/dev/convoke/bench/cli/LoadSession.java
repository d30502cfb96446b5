package dev.convoke.bench.cli;

import dev.convoke.bench.serve.Dataset;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.LoadRun;
import dev.convoke.bench.serve.PreparedRequest;
import dev.convoke.bench.serve.Probes;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.RunObserver;
import dev.convoke.bench.serve.client.HttpConnections;
import dev.convoke.bench.serve.client.RequestBody;
import dev.convoke.bench.serve.client.ServerCalls;
import dev.convoke.bench.serve.client.StreamingClient;
import dev.convoke.bench.serve.results.Measurement;
import dev.convoke.bench.serve.results.Progress;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemNanoClock;

/** Runs of one dataset against one server. */
final class LoadSession implements AutoCloseable {
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int WARMUP_USERS = 8;

    private final TargetOptions target;
    private final ArrivalOptions arrivals;
    private final DatasetOptions datasets;
    private final HttpConnections connections;
    private final String model;
    private final StreamingClient client;
    private final Dataset dataset;

    LoadSession(final TargetOptions target, final ArrivalOptions arrivals, final DatasetOptions datasets,
        final BodyOptions body) throws InterruptedException {
        this.target = target;
        this.arrivals = arrivals;
        this.datasets = datasets;
        this.connections = new HttpConnections(target.address(), SystemNanoClock.INSTANCE);
        try {
            final ServerCalls calls = new ServerCalls(connections);
            this.model = firstAnswer(calls);
            this.client = new StreamingClient(connections, target.route(),
                new RequestBody(target.chat(), body.fields(model)));
            this.dataset = datasets.open(calls, target.chat());
        } catch (final RuntimeException e) {
            connections.close();
            throw e;
        }
    }

    /** Asks for the model, unless it is given, until the server answers. */
    private String firstAnswer(final ServerCalls calls) throws InterruptedException {
        if (target.model().isPresent()) {
            return target.model().get();
        }
        final long deadlineNs = readyDeadlineNs();
        while (true) {
            try {
                return calls.firstModel();
            } catch (final ConvokeException e) {
                if (!(e.getCause() instanceof IOException) || System.nanoTime() > deadlineNs) {
                    throw e;
                }
            }
            pause();
        }
    }

    private long readyDeadlineNs() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(target.readyCheckTimeoutSeconds());
    }

    private static void pause() throws InterruptedException {
        LockSupport.parkNanos(RETRY_NS);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    String model() {
        return model;
    }

    /** So many requests, prepared. */
    List<LoadRequest> requests(final int count, final long seed) {
        return dataset.requests(count, seed);
    }

    /** Waits until a request is answered; gives up at once when the server refuses it. */
    void awaitReady(final LoadRequest like) throws InterruptedException {
        if (target.readyCheckTimeoutSeconds() == 0) {
            return;
        }
        final PreparedRequest first = client.prepare(new LoadRequest(like.prompt(), 1));
        final long deadlineNs = readyDeadlineNs();
        while (true) {
            final RequestOutcome outcome = first.send(System.nanoTime());
            if (outcome.succeeded()) {
                return;
            }
            if (outcome.error().matches("4(?!29)\\d\\d: (?s).*") || System.nanoTime() > deadlineNs) {
                throw new ConvokeException("The server does not answer a first request, so nothing was measured: "
                    + outcome.error());
            }
            pause();
        }
    }

    /** Sends requests that nobody measures. */
    void warmUp(final List<LoadRequest> requests) throws InterruptedException {
        new LoadRun(prepared(requests), RunObserver.NONE).closed(arrivals.maxConcurrency().orElse(WARMUP_USERS));
    }

    private List<PreparedRequest> prepared(final List<LoadRequest> requests) {
        return requests.stream().map(client::prepare).toList();
    }

    /**
     * One run.
     *
     * @param out where progress is said; null for nowhere
     */
    Measurement run(final List<LoadRequest> requests, final double perSecond, final long seed, final PrintWriter out)
        throws InterruptedException {
        final List<PreparedRequest> prepared = prepared(requests);
        arrivals.awaitStart();
        final Progress progress = out == null ? null : new Progress(out, onTerminal(), requests.size());
        final RunObserver observer = progress == null ? RunObserver.NONE : progress;
        final Probes probes = arrivals.probeRequestRate() > 0 ? new Probes(
            client.prepare(new LoadRequest(Prompt.ofText("The"), 1)), arrivals.probeRequestRate()) : null;
        final LoadRun run = new LoadRun(prepared, observer);
        try {
            if (requests.getFirst().offsetNs().isEmpty() && arrivals.closedLoop(perSecond)) {
                run.closed(arrivals.maxConcurrency().orElseThrow());
            } else {
                run.open(schedule(requests, perSecond, seed), arrivals.maxConcurrency().orElse(0));
            }
        } finally {
            if (probes != null) {
                probes.close();
            }
            if (progress != null) {
                progress.close();
            }
        }
        return new Measurement(run.outcomes(), run.startNs(), run.durationNs(),
            probes == null ? List.of() : probes.outcomes());
    }

    private long[] schedule(final List<LoadRequest> requests, final double perSecond, final long seed) {
        if (requests.getFirst().offsetNs().isPresent()) {
            return requests.stream().mapToLong(request -> request.offsetNs().orElseThrow()).toArray();
        }
        return arrivals.process(perSecond).offsetsNs(requests.size(), seed);
    }

    private static boolean onTerminal() {
        return System.console() != null && System.console().isTerminal();
    }

    int warmups() {
        return datasets.warmups();
    }

    @Override
    public void close() {
        connections.close();
    }
}
