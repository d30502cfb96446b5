package dev.convoke.bench.cli;

import dev.convoke.bench.serve.client.ServerAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which server is asked, and how. */
final class TargetOptions {
    @Option(names = "--backend", defaultValue = "openai",
        description = "openai or vllm (completions), or openai-chat (default ${DEFAULT-VALUE}).")
    private String backend;

    @Option(names = "--base-url", paramLabel = "URL", description = "The server, instead of --host and --port; https "
        + "is possible.")
    private URI baseUrl;

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "Its host (default ${DEFAULT-VALUE}).")
    private String host;

    @Option(names = "--port", defaultValue = "8080", description = "Its port (default ${DEFAULT-VALUE}).")
    private int port;

    @Option(names = "--endpoint", paramLabel = "ROUTE",
        description = "The route (default /v1/completions or /v1/chat/completions).")
    private String endpoint;

    @Option(names = "--model", paramLabel = "NAME", description = "The served model (default: the first the server "
        + "lists).")
    private String model;

    @Option(names = "--api-key", paramLabel = "KEY", defaultValue = "${env:OPENAI_API_KEY}",
        description = "Sent as bearer token; the variable OPENAI_API_KEY unless given.")
    private String apiKey;

    @Option(names = "--insecure", description = "Take any TLS certificate.")
    private boolean insecure;

    @Option(names = "--request-timeout-sec", paramLabel = "S", defaultValue = "600",
        description = "A request fails when nothing comes for so long (default ${DEFAULT-VALUE}).")
    private int requestTimeoutSeconds;

    @Option(names = "--ready-check-timeout-sec", paramLabel = "S", defaultValue = "30",
        description = "How long to wait until the server answers a first request; 0 asks none "
            + "(default ${DEFAULT-VALUE}).")
    private int readyCheckTimeoutSeconds;

    String backend() {
        return Choices.require("--backend", backend, "openai", "vllm", "openai-chat");
    }

    boolean chat() {
        return backend().equals("openai-chat");
    }

    String route() {
        return endpoint != null ? endpoint : chat() ? "/v1/chat/completions" : "/v1/completions";
    }

    Optional<String> model() {
        return Optional.ofNullable(model);
    }

    int readyCheckTimeoutSeconds() {
        return readyCheckTimeoutSeconds;
    }

    ServerAddress address() {
        return new ServerAddress(baseUrl != null ? baseUrl : URI.create("http://" + host + ":" + port),
            Optional.ofNullable(apiKey).filter(key -> !key.isEmpty()), !insecure,
            Duration.ofSeconds(requestTimeoutSeconds));
    }
}
