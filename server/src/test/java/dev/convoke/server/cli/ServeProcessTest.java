package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ServeProcessTest {
    @Test
    void shouldServeUntilItIsToldToEnd() throws Exception {
        try (ConvokeProcess process = ConvokeProcess.start("serve", "--model", TestModels.TINY.toString(), "--port",
            "0", "--hosts", "2", "--threads", "1"); HttpClient client = HttpClient.newHttpClient()) {
            process.awaitSaying("ready on http://127.0.0.1:");
            final String said = process.said();
            final String address = said.replaceAll("(?s).*ready on (http://[0-9.:]+) in .*", "$1");
            final HttpResponse<String> response = client.send(HttpRequest.newBuilder(URI.create(address
                + "/v1/completions")).POST(HttpRequest.BodyPublishers.ofString(
                    "{\"prompt\": \"In the beginning\", \"max_tokens\": 4, \"temperature\": 0}")).build(),
                HttpResponse.BodyHandlers.ofString());
            assertTrue(response.body().contains(" of the day of"), response.body());
            assertEquals(0, process.terminate(), process.said());
            assertTrue(process.said().contains("stopped"), process.said());
            assertTrue(process.said().lines().count() <= 10, process.said());
        }
    }

    @Test
    void shouldSayThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            final CommandLineRun run = CommandLineRun.of("serve", "--model", TestModels.TINY.toString(), "--port",
                Integer.toString(taken.getLocalPort()), "--threads", "1");
            assertEquals(1, run.exitCode());
            assertTrue(run.complaint().contains("choose another one with --port"), run.complaint());
        }
    }
}
