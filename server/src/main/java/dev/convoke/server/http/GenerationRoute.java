package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.Metrics;
import dev.convoke.server.ServedModel;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;

/** Runs a generation from request to answer, on the request's thread; it ends early when the client leaves. */
final class GenerationRoute implements Handler {
    private static final String USAGE = "usage";

    private final Endpoint endpoint;
    private final ServedModel model;
    private final ActiveGenerations active;
    private final ClientWatch clientWatch;
    private final Pings pings;
    private final Metrics metrics;
    private final GenerationLimit limit;

    GenerationRoute(final Endpoint endpoint, final ServedModel model, final GenerationLimit limit,
        final ActiveGenerations active, final ClientWatch clientWatch, final Pings pings, final Metrics metrics) {
        this.endpoint = endpoint;
        this.limit = limit;
        this.model = model;
        this.active = active;
        this.clientWatch = clientWatch;
        this.pings = pings;
        this.metrics = metrics;
    }

    @Override
    public void handle(final ServerRequest request, final ServerResponse response) throws InterruptedException {
        try (GenerationLimit.Place place = limit.enter()) {
            // The answer's thread stays until the next request.
            response.whenSent(place::close);
            answer(request, response);
        }
    }

    private void answer(final ServerRequest request, final ServerResponse response) throws InterruptedException {
        final Job job = endpoint.understand(Json.read(request), RequestId.of(response));
        active.requireOpen();
        final Generation generation = Generation.submit(model, job.choices());
        metrics.onAccepted(job.options().choices(), job.choices().getFirst().request().maxTokens());
        final ClientWatch.Watch watch = clientWatch.onDeparture(generation::cancel);
        // By then the next request may be read, and nothing of this one is left.
        response.whenSent(() -> watch.awaitNextRequest(request));
        Runnable lastStep = () -> { };
        try (generation; ActiveGenerations.Entry _ = active.enter(generation)) {
            if (job.options().stream()) {
                stream(generation, job, response);
            } else {
                generation.follow((choice, delta) -> { });
                final ObjectNode answer = job.format().whole(generation.choices());
                answer.set(USAGE, Envelope.usage(generation.choices()));
                tellTimes(answer, job);
                lastStep = () -> Answers.send(response, 200, answer);
            }
        } catch (final ApiException e) {
            lastStep = () -> Answers.send(response, e);
        } finally {
            generation.choices().forEach(choice -> metrics.onFinished(choice.request(), choice.outcome()));
        }
        lastStep.run();
    }

    private void stream(final Generation generation, final Job job, final ServerResponse response)
        throws InterruptedException {
        final EventStream events = new EventStream(response);
        final boolean[] opened = new boolean[generation.choices().size()];
        try (Pings.Entry _ = pings.watch(events)) {
            generation.follow((choice, delta) -> {
                if (!opened[choice.index()]) {
                    opened[choice.index()] = true;
                    job.format().opening(choice).ifPresent(event -> send(events, event, job));
                }
                send(events, job.format().part(choice, delta), job);
            });
            finish(generation, job, events);
        } catch (final ApiException e) {
            if (!events.hasBegun()) {
                throw e;
            }
            Answers.log(response, e);
            events.send(e.body());
            events.done();
        }
    }

    private static void tellTimes(final ObjectNode answer, final Job job) throws InterruptedException {
        if (job.tellsTimes()) {
            answer.set("metrics", RequestTimes.of(job.choices()));
        }
    }

    private static void finish(final Generation generation, final Job job, final EventStream events)
        throws InterruptedException {
        if (job.options().includeUsage()) {
            final ObjectNode event = withUsage(job.format(), generation.choices());
            tellTimes(event, job);
            events.send(event);
        }
        events.done();
    }

    private static void send(final EventStream events, final ObjectNode event, final Job job) {
        if (job.options().includeUsage()) {
            event.putNull(USAGE);
        }
        events.send(event);
    }

    private static ObjectNode withUsage(final AnswerFormat format, final List<Choice> choices) {
        final ObjectNode event = format.empty();
        event.set(USAGE, Envelope.usage(choices));
        return event;
    }
}
