package dev.convoke.bench.serve.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.bench.serve.LoadRequest;
import dev.convoke.bench.serve.Prompt;
import dev.convoke.bench.serve.RequestOutcome;
import java.io.IOException;
import org.agrona.concurrent.SystemNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientWarmUpTest {
    @Test
    void shouldGoThroughWholeAnswers() throws IOException {
        try (CannedServer server = new CannedServer();
            HttpConnections connections = new HttpConnections(server.address(), SystemNanoClock.INSTANCE)) {
            final StreamingClient client = new StreamingClient(connections, "/v1/completions",
                new RequestBody(false, new ObjectMapper().createObjectNode()));
            for (int i = 0; i < 3; i++) {
                final RequestOutcome outcome = client.prepare(new LoadRequest(Prompt.ofText("ä".repeat(10_000)), 1))
                    .send(System.nanoTime());
                assertEquals("", outcome.error());
                assertEquals(" on on on on on", outcome.text());
                assertEquals(5, outcome.tokenNs().length);
                assertEquals(5, outcome.outputTokens());
            }
        }
    }

    @Test
    void shouldHaveEveryRequestAnswered() throws InterruptedException {
        assertEquals(2250, ClientWarmUp.run());
    }
}
