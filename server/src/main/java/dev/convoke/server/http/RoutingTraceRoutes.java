package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.core.ConfigurationException;
import dev.convoke.decoder.trace.RoutingRecorder;
import dev.convoke.loadbalance.trace.TraceLimits;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Recordings of routing traces, one at a time. The answer to the request that begins one is the trace, written as steps
 * come; it ends at a limit, when it is stopped, when the server stops, and when its client leaves. Nothing is kept.
 */
final class RoutingTraceRoutes {
    static final String PATH = "/routing-traces";
    private static final long USUAL_BYTES = 64L << 20;
    private static final long MOST_SECONDS = TimeUnit.DAYS.toSeconds(365);
    private static final Logger LOG = LoggerFactory.getLogger(RoutingTraceRoutes.class);

    private final RoutingRecorder recorder;
    private final ClientWatch clientWatch;
    private final AtomicLong started = new AtomicLong();
    private final AtomicReference<LiveTrace> running = new AtomicReference<>();
    private volatile boolean closed;

    RoutingTraceRoutes(final RoutingRecorder recorder, final ClientWatch clientWatch) {
        this.recorder = recorder;
        this.clientWatch = clientWatch;
    }

    /** {@code GET}: the recording that runs, or null. */
    void describe(final ServerRequest request, final ServerResponse response) {
        final LiveTrace trace = running.get();
        final ObjectNode answer = Json.object();
        answer.set("recording", trace == null ? null : trace.describe());
        Answers.send(response, 200, answer);
    }

    /** {@code POST}: begins a recording and answers with it. */
    void record(final ServerRequest request, final ServerResponse response) {
        final LiveTrace trace = begin(limits(Json.read(request)));
        response.status(201);
        response.header(HeaderNames.CONTENT_TYPE, "application/octet-stream");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.LOCATION, AdminRoutes.ROOT + PATH + "/" + trace.id());
        final ClientWatch.Watch watch = clientWatch.onDeparture(trace::stop);
        response.whenSent(() -> watch.awaitNextRequest(request));
        LOG.info("Routing trace {} begins.", trace.id());
        try {
            trace.writeTo(response.outputStream());
        } catch (final IOException | UncheckedIOException e) {
            throw new CloseConnectionException("the client left", e);
        } catch (final RuntimeException e) {
            // The status is out: only a connection that breaks says that the trace is not whole.
            LOG.error("Routing trace {} cannot be made; this is a defect.", trace.id(), e);
            throw new CloseConnectionException("the trace cannot be made", e);
        } finally {
            // Another one may have begun since the recording has stopped.
            running.compareAndSet(trace, null);
            LOG.info("Routing trace {} has ended after {} steps and {} bytes.", trace.id(), trace.steps(),
                trace.bytes());
            trace.onEnded();
        }
    }

    private static LiveTrace.Limits limits(final RequestFields fields) {
        fields.requireKnown("domain", "max_bytes", "max_steps", "max_seconds");
        final String domain = fields.text("domain").orElse("");
        if (!domain.isEmpty() && !TraceLimits.isLabel(domain)) {
            throw ApiException.invalid("domain", "'domain' cannot label rows; give 1 to "
                + TraceLimits.MOST_LABEL_BYTES + " bytes of text that can be printed, without blanks around it.");
        }
        return new LiveTrace.Limits(domain,
            fields.longInteger("max_bytes", TraceLimits.LEAST_BYTES, TraceLimits.MOST_BYTES).orElse(USUAL_BYTES),
            fields.longInteger("max_steps", 1, Long.MAX_VALUE), fields.longInteger("max_seconds", 1, MOST_SECONDS));
    }

    /** One at a time decides; the recorder, which others may use too, has the last word. */
    private synchronized LiveTrace begin(final LiveTrace.Limits limits) {
        if (closed) {
            throw ApiException.notReady("The server is shutting down.");
        }
        try {
            final LiveTrace trace = recorder.tryStart(limits.domain(), limits.bytes(), System::nanoTime)
                .map(recording -> new LiveTrace(started.incrementAndGet(), recording, limits))
                .orElseThrow(() -> ApiException.conflict("recording_runs", "A routing trace is being recorded, and "
                    + "there is one at a time; wait for its end, or stop it with DELETE " + AdminRoutes.ROOT + PATH
                    + "/ID, its id from GET " + AdminRoutes.ROOT + PATH + "."));
            running.set(trace);
            return trace;
        } catch (final ConfigurationException e) {
            throw ApiException.malformed(e.getMessage());
        }
    }

    /** {@code DELETE} of one: ends it properly. */
    void stop(final ServerRequest request, final ServerResponse response) {
        final String id = request.path().pathParameters().get("id");
        final LiveTrace trace = running.get();
        if (trace == null || !String.valueOf(trace.id()).equals(id)) {
            throw ApiException.notFound("recording_not_found", "The routing trace '" + id + "' is not being recorded; "
                + "see GET " + AdminRoutes.ROOT + PATH + ".");
        }
        trace.stop();
        final ObjectNode answer = Json.object();
        answer.set("recording", trace.describe());
        Answers.send(response, 200, answer);
    }

    /** Begins no more, ends the one that runs and waits until its client has it, at most so long. */
    void close(final Duration limit) throws InterruptedException {
        final LiveTrace trace;
        synchronized (this) {
            closed = true;
            trace = running.get();
        }
        if (trace != null) {
            trace.stop();
            trace.awaitEnd(limit);
        }
    }
}
