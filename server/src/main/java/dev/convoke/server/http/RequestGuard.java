package dev.convoke.server.http;

import dev.convoke.server.Metrics;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before every route: names the request, tells browsers whether they may read the answer, lets in who has a key,
 * and turns whatever goes wrong into an answer.
 */
final class RequestGuard {
    /** What is counted when a client has left before the end of its answer. */
    private static final int CLIENT_LEFT = 499;
    private static final Logger LOG = LoggerFactory.getLogger(RequestGuard.class);

    private final ApiSettings settings;
    private final ClientConnections connections;
    private final Metrics metrics;
    private final LongSupplier randoms;

    RequestGuard(final ApiSettings settings, final ClientConnections connections, final Metrics metrics,
        final LongSupplier randoms) {
        this.settings = settings;
        this.connections = connections;
        this.metrics = metrics;
        this.randoms = randoms;
    }

    /** For clients: those who have an API key, if there are any. */
    Handler admitted(final String route, final Handler handler) {
        return open(route, (request, response) -> {
            settings.access().requireClient(authorization(request));
            handler.handle(request, response);
        });
    }

    /** For operators: those who have an admin key. */
    Handler administered(final String route, final Handler handler) {
        return open(route, (request, response) -> {
            settings.access().requireOperator(authorization(request));
            handler.handle(request, response);
        });
    }

    /** For expert hosts and decoders that join: those who have a member key, or an admin key. */
    Handler joining(final String route, final Handler handler) {
        return open(route, (request, response) -> {
            settings.access().requireMember(authorization(request));
            handler.handle(request, response);
        });
    }

    private static String authorization(final ServerRequest request) {
        return request.headers().first(HeaderNames.AUTHORIZATION).orElse(null);
    }

    /** For everybody. A client that has left gets nothing. */
    Handler open(final String route, final Handler handler) {
        return (request, response) -> {
            final ClientConnection connection = connections.current();
            sign(request.headers(), response.headers());
            response.whenSent(() -> {
                metrics.onAnswer(route, response.status().code());
                connection.onAnswered(!request.content().hasEntity() || request.content().consumed());
            });
            try {
                if (!settings.origins().answerPreflight(request, response)) {
                    handler.handle(request, response);
                }
            } catch (final ApiException e) {
                Answers.send(response, e);
            } catch (final CloseConnectionException | UncheckedIOException e) {
                if (!response.isSent()) {
                    metrics.onAnswer(route, CLIENT_LEFT);
                }
                throw new CloseConnectionException("the client left", e);
            } catch (final RequestException e) {
                sign(request.headers(), e.responseHeaders());
                metrics.onAnswer(route, e.status().code());
                throw e;
            } catch (final RuntimeException e) {
                LOG.error("{} failed unexpectedly for request {}; this is a defect.", route, RequestId.of(response), e);
                Answers.send(response, ApiException.failed("The server failed unexpectedly; see its log."));
            } catch (final InterruptedException e) {
                Answers.send(response, ApiException.notReady("The server is shutting down."));
            }
        };
    }

    private void sign(final Headers request, final WritableHeaders<?> answer) {
        RequestId.put(request, answer, randoms);
        settings.origins().permit(request, answer);
    }

    /** The method is another one than the route takes. */
    static void refuseMethod(final ServerRequest request, final ServerResponse response, final String allowed) {
        response.header(HeaderNames.ALLOW, allowed);
        throw ApiException.wrongMethod(request.prologue().method().text(), request.path().rawPath(), allowed);
    }

    /** What the web server refuses by itself, and what no handler caught. */
    DirectHandler.TransportResponse refuse(final DirectHandler.TransportRequest request,
        final DirectHandler.EventType type, final Status status, final ServerResponseHeaders headers,
        final String message) {
        // Handlers answer what fails in them; what arrives here as the server's fault is a request that is no HTTP/1.1.
        final boolean isNoHttp = status.code() >= Status.INTERNAL_SERVER_ERROR_500.code();
        final Status told = isNoHttp ? Status.BAD_REQUEST_400 : status;
        final String sentence = isNoHttp ? "The request is not valid HTTP/1.1."
            : status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()
            ? "The body is larger than " + settings.limits().mostBodyBytes() + " bytes; send less."
            : message == null || message.isEmpty() ? status.reasonPhrase() : message;
        if (!headers.contains(HeaderNames.create(RequestId.NAME))) {
            sign(request.headers(), headers);
        }
        headers.set(HeaderNames.CONTENT_TYPE, Answers.JSON);
        return DirectHandler.TransportResponse.builder()
            .status(told)
            .headers(headers)
            .entity(Json.bytes(ApiException.other(told.code(), sentence).body()))
            .build();
    }
}
