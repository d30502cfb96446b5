package dev.convoke.bench.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.resilience.Question;
import dev.convoke.bench.resilience.StreamClient;
import dev.convoke.bench.resilience.Streamed;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import dev.convoke.bench.serve.client.HttpConnections;
import dev.convoke.bench.serve.client.RequestBody;
import dev.convoke.bench.serve.client.ServerAddress;
import dev.convoke.bench.serve.client.StreamingClient;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.agrona.concurrent.SystemNanoClock;

/** Trials' streams over the load generator's client. */
final class StreamedQuestions implements StreamClient {
    private static final String ROUTE = "/v1/completions";
    /** Longer than an exchange with experts may take. */
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(60);

    private final HttpConnections connections;

    StreamedQuestions(final URI server) {
        connections = new HttpConnections(new ServerAddress(server, Optional.empty(), true, SILENCE_LIMIT),
            SystemNanoClock.INSTANCE);
    }

    @Override
    public Streamed ask(final Question question, final int tokens) {
        final RequestBody body = new RequestBody(false, new ObjectMapper().createObjectNode()
            .put("temperature", 1).put("seed", question.seed()).put("ignore_eos", true));
        final RequestOutcome outcome = new StreamingClient(connections, ROUTE, body)
            .prepare(new LoadRequest(Prompt.ofText(question.prompt()), tokens)).send(System.nanoTime());
        return new Streamed(outcome.sentNs(), outcome.tokenNs(), outcome.endNs(),
            outcome.text(), outcome.error());
    }

    @Override
    public void close() {
        connections.close();
    }
}
