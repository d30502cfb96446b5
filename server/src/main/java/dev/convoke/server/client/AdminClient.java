package dev.convoke.server.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * Calls the admin routes of a running server. What goes wrong is said in one sentence with the remedy. Thread-safe;
 * calls wait for the answer's head at most as long as the limit.
 */
public final class AdminClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int MOST_ERROR_BYTES = 1 << 16;
    private static final int MOST_METRICS_BYTES = 1 << 26;
    private static final int UNAUTHORISED = 401;

    private final String option;
    private final URI server;
    private final String key;
    private final HttpClient http;

    /**
     * Connects at the first call.
     *
     * @param option  that names the server, for sentences
     * @param server  {@code http://host:port} or {@code https://}, perhaps with a path before every route
     * @param key     an admin key of it
     * @param trusted whose certificates are good, for HTTPS; empty for those that Java trusts
     */
    public AdminClient(final String option, final URI server, final String key, final Optional<SSLContext> trusted) {
        this.option = option;
        final boolean https = "https".equalsIgnoreCase(server.getScheme());
        if (server.getHost() == null || !https && !"http".equalsIgnoreCase(server.getScheme())) {
            throw new ConfigurationException("'" + server + "' is no address of a server; give " + option + " as in "
                + "http://127.0.0.1:8080.");
        }
        if (!key.chars().allMatch(character -> character > ' ' && character < 0x7f)) {
            throw new ConfigurationException("The admin key holds characters that no header can carry; use printable "
                + "ASCII without blanks.");
        }
        this.server = URI.create(server.toString().replaceAll("/+$", ""));
        this.key = key;
        final HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT);
        trusted.ifPresent(builder::sslContext);
        this.http = builder.build();
    }

    /** The server's address. */
    public URI server() {
        return server;
    }

    /** What a route shows. */
    public JsonNode get(final String route) throws InterruptedException {
        return parsed(send(request(route).GET()));
    }

    /**
     * The server's metrics.
     *
     * @param apiKey one of its API keys, if it has any; they are none of the admin routes
     */
    public MetricsPage metrics(final Optional<String> apiKey) throws InterruptedException {
        final HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + "/metrics")).timeout(LIMIT)
            .header("Accept", "text/plain");
        apiKey.ifPresent(known -> request.header("Authorization", "Bearer " + known));
        final HttpResponse<InputStream> response = exchange(request);
        if (response.statusCode() == UNAUTHORISED) {
            close(response);
            throw new ConvokeException("The server at " + server + " shows its metrics to clients with an API key; "
                + "name a file that holds one with --api-key-file.");
        }
        requireSuccess(response);
        try (InputStream body = response.body()) {
            return new MetricsPage(new String(body.readNBytes(MOST_METRICS_BYTES), StandardCharsets.UTF_8));
        } catch (final IOException e) {
            throw unreachable(e);
        }
    }

    private static void close(final HttpResponse<InputStream> response) {
        try {
            response.body().close();
        } catch (final IOException e) {
            // Nobody wants the rest.
        }
    }

    /** What ending something answers. */
    public JsonNode delete(final String route) throws InterruptedException {
        return parsed(send(request(route).DELETE()));
    }

    /** Tells the server to do something; what it answers. */
    public JsonNode send(final String route, final JsonNode body) throws InterruptedException {
        return parsed(post(route, body));
    }

    /** Begins something whose answer is read as it comes; closing the body ends it. */
    public HttpResponse<InputStream> post(final String route, final JsonNode body) throws InterruptedException {
        return send(request(route).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    private HttpRequest.Builder request(final String route) {
        return HttpRequest.newBuilder(URI.create(server + route)).timeout(LIMIT)
            .header("Authorization", "Bearer " + key);
    }

    private HttpResponse<InputStream> send(final HttpRequest.Builder request) throws InterruptedException {
        final HttpResponse<InputStream> response = exchange(request);
        requireSuccess(response);
        return response;
    }

    private HttpResponse<InputStream> exchange(final HttpRequest.Builder request) throws InterruptedException {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (final IOException e) {
            throw unreachable(e);
        }
    }

    private void requireSuccess(final HttpResponse<InputStream> response) {
        if (response.statusCode() / 100 != 2) {
            throw refused(response);
        }
    }

    private JsonNode parsed(final HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return JSON.readTree(body);
        } catch (final JsonProcessingException e) {
            throw new ConvokeException(server + " answers with what is no JSON; check " + option + ".", e);
        } catch (final IOException e) {
            throw unreachable(e);
        }
    }

    private ConvokeException unreachable(final IOException e) {
        final String what;
        if (e instanceof HttpTimeoutException) {
            what = "does not answer within " + LIMIT.toSeconds() + " s; check " + option + " and that it is well";
        } else if (e instanceof ConnectException) {
            what = "cannot be reached; start it, or check " + option;
        } else if (e instanceof SSLException) {
            what = "cannot be spoken to over TLS (" + e.getMessage() + "); check " + option
                + ", and name its certificate with " + option + "-certificate unless Java trusts it";
        } else {
            what = "broke the connection (" + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
                + "); check " + option + " and its log";
        }
        return new UnreachableException("The server at " + server + " " + what + ".", e);
    }

    private ConvokeException refused(final HttpResponse<InputStream> response) {
        final JsonNode error = error(response);
        final String said = error.path("message").asText("");
        return switch (error.path("code").asText("")) {
            case "invalid_admin_key" -> new ConvokeException("The server at " + server + " does not know this admin "
                + "key; give one of the keys that it was started with.");
            case "" -> new ConvokeException("The server at " + server + " answers " + response.statusCode()
                + (said.isEmpty() ? "; check " + option + ": it does not speak as Convoke does." : ": " + said));
            case "unknown_url" -> new ConvokeException("The server at " + server + " does not have this route; it is "
                + "of another version than this command.");
            case "invalid_api_key" -> new ConvokeException("The server at " + server + " has no admin routes; it is of "
                + "another version than this command, or no Convoke.");
            default -> new ConvokeException("The server at " + server + " refuses: " + said);
        };
    }

    private static JsonNode error(final HttpResponse<InputStream> response) {
        try (InputStream body = response.body()) {
            return JSON.readTree(body.readNBytes(MOST_ERROR_BYTES)).path("error");
        } catch (final IOException e) {
            return MissingNode.getInstance();
        }
    }

    /** Ends what is under way. */
    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}
