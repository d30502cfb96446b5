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
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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
            assertTrue(process.said().lines().filter(line -> !line.startsWith("loading")).count() <= 10,
                process.said());
        }
    }

    @Test
    void shouldShowWhereTheTimeWent(@TempDir final Path directory) throws Exception {
        final Path log = directory.resolve("stages.hlog");
        try (ConvokeProcess process = ConvokeProcess.start("serve", "--model", TestModels.TINY.toString(), "--port",
            "0", "--hosts", "2", "--threads", "1", "--histogram-log", log.toString(), "--histogram-log-interval",
            "100ms"); HttpClient client = HttpClient.newHttpClient()) {
            process.awaitSaying("ready on http://127.0.0.1:");
            final String address = process.said().replaceAll("(?s).*ready on (http://[0-9.:]+) in .*", "$1");
            client.send(HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"In the beginning\", \"max_tokens\": 9, "
                    + "\"ignore_eos\": true}")).build(), HttpResponse.BodyHandlers.ofString());
            final String page = client.send(HttpRequest.newBuilder(URI.create(address + "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString()).body();
            assertTrue(page.contains("moe_step_seconds_count 9"), page);
            assertTrue(page.contains("moe_stage_seconds{stage=\"attention\",quantile=\"0.99\"}"), page);
            assertTrue(page.contains("moe_layer_stage_seconds_total{layer=\"0\",stage=\"wait\"}"), page);
            assertTrue(page.contains("moe_layer_wait_seconds_total{layer=\"0\",part=\"expert\"}"), page);
            assertTrue(page.contains("moe_host_seconds_count{host=\"host-0\",part=\"queue\"}"), page);
            assertEquals(0, process.terminate(), process.said());
        }
        final Map<String, Long> counts = new HashMap<>();
        try (HistogramLogReader reader = new HistogramLogReader(log.toFile())) {
            for (EncodableHistogram next = reader.nextIntervalHistogram(); next != null;
                next = reader.nextIntervalHistogram()) {
                counts.merge(next.getTag(), ((Histogram)next).getTotalCount(), Long::sum);
            }
        }
        assertEquals(9, counts.get("moe_step_seconds"), counts::toString);
        assertEquals(9, counts.get("moe_stage_seconds.stage=head"), counts::toString);
        assertTrue(counts.containsKey("moe_layer_stage_seconds.layer=0.stage=wait"), counts::toString);
        assertTrue(counts.containsKey("moe_layer_wait_seconds.layer=0.part=expert"), counts::toString);
    }

    @Test
    void shouldSayThatTheHistogramLogCannotBeWritten() {
        final CommandLineRun run = CommandLineRun.of("serve", "--model", TestModels.TINY.toString(), "--port", "0",
            "--threads", "1", "--histogram-log", "/nowhere/at/all.hlog");
        assertEquals(1, run.exitCode());
        assertTrue(run.complaint().contains("/nowhere/at/all.hlog"), run.complaint());
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
