package dev.convoke.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server and an expert host, each a process of its own, show what the page of metrics says they do. The host computes
 * in 8 bits, which the server does not but accepts.
 */
@Timeout(120)
class MetricsPageTest {
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");
    private static final Path PAGE = TestModels.TINY.toAbsolutePath().getParent().resolveSibling("docs/metrics.md");
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static ConvokeProcess host;
    private static ConvokeProcess server;
    private static String hostAddress;
    private static String serverAddress;
    private static String answer;

    @BeforeAll
    static void start() throws Exception {
        final String udp = ConvokeProcess.freeUdpAddress();
        host = ConvokeProcess.expertHost(TestModels.TINY, "int8", "aeron-udp", udp, 0, "--metrics-port", "0");
        server = ConvokeProcess.start("serve", "--model", TestModels.TINY.toString(), "--dtype", "bf16", "--exchange",
            "aeron-udp", "--expert-hosts", udp, "--threads", "1", "--port", "0", "--accept-numerics", "int8-1",
            "--resend-after", "30s", "--resend-after-least", "30s", "--network", "delay=1us");
        host.awaitSaying("ready: expert host");
        server.awaitSaying(" on http://127.0.0.1:");
        server.awaitSaying("Expert host " + udp + " is ready");
        hostAddress = host.said().replaceAll("(?s).*metrics on (http://[0-9.:]+)/metrics.*", "$1");
        serverAddress = server.said().replaceAll("(?s).* on (http://[0-9.:]+) in .*", "$1");
        while (get(serverAddress + "/ready").statusCode() != 200) {
            Thread.onSpinWait();
        }
        answer = CLIENT.send(HttpRequest.newBuilder(URI.create(serverAddress + "/v1/completions"))
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"In the\", \"max_tokens\": 5, "
                + "\"ignore_eos\": true}")).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    @AfterAll
    static void stop() {
        assertEquals(0, host.terminate(), host.said());
        server.close();
        host.close();
        CLIENT.close();
    }

    private static HttpResponse<String> get(final String url) throws IOException, InterruptedException {
        return CLIENT.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String page(final String address) throws IOException, InterruptedException {
        get(address + "/health");
        return get(address + "/metrics").body();
    }

    @Test
    void shouldTellTheHealthOfAnExpertHost() throws Exception {
        assertEquals(200, get(hostAddress + "/health").statusCode());
        assertTrue(get(hostAddress + "/ready").body().contains("\"ready\""));
        assertFalse(get(hostAddress + "/version").body().isEmpty());
        assertEquals(404, get(hostAddress + "/v1/models").statusCode());
    }

    @Test
    void shouldAgreeOnWhatTravelled() throws Exception {
        final String atServer = page(serverAddress);
        final String atHost = page(hostAddress);
        final double rows = value(atServer, "moe_dispatch_rows_total");
        assertTrue(rows >= 5, atServer);
        assertEquals(rows, value(atHost, "convoke_expert_host_rows_total"));
        assertEquals(value(atServer, "moe_combine_rows_total"), value(atHost, "convoke_expert_host_results_total"));
        assertTrue(value(atServer, "moe_dispatch_bytes_total") > rows * 4);
        assertTrue(value(atServer, "moe_combine_bytes_total") > rows * 4);
        assertEquals(1, value(atServer, "moe_expert_host_up"));
        assertEquals(value(atHost, "convoke_expert_host_batches_total"),
            value(atHost, "convoke_expert_host_compute_seconds_count"));
        assertEquals(value(atHost, "convoke_expert_host_results_total"),
            value(atHost, "convoke_expert_host_batch_rows_sum"));
        assertEquals(value(atHost, "convoke_expert_host_dispatches_total"),
            value(atHost, "convoke_expert_host_queue_seconds_count"));
    }

    @Test
    void shouldTellThatAnswersCameOfOtherNumerics() throws Exception {
        assertTrue(answer.contains("_bf16_canonical-1_accepts-int8-1"), answer);
        final double entries = value(page(serverAddress), "moe_other_numerics_entries_total");
        assertEquals(value(page(serverAddress), "moe_combine_rows_total"), entries);
        assertEquals((long)entries, new ObjectMapper().readTree(answer)
            .at("/usage/moe_details/other_numerics_entries").asLong(), answer);
        final String health = get(serverAddress + "/health").body();
        assertTrue(health.contains("\"status\":\"ready\",\"reasons\":[]"), health);
        assertTrue(health.contains("computes int8-1 and this decoder canonical-1"), health);
    }

    private static double value(final String page, final String name) {
        return page.lines().filter(line -> line.startsWith(name + "{")).findFirst()
            .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .orElseThrow(() -> new AssertionError(name + " is not in\n" + page));
    }

    @Test
    void shouldBeDescribedInTheDocumentation() throws Exception {
        final Map<String, String> atServer = rows(page(serverAddress));
        final Map<String, String> atHost = rows(page(hostAddress));
        final TreeMap<String, String> all = new TreeMap<>(atServer);
        all.putAll(atHost);
        final List<String> shown = all.entrySet().stream().map(row -> row.getValue()
            + (!atHost.containsKey(row.getKey()) ? "server |" : atServer.containsKey(row.getKey()) ? "both |"
            : "expert host |")).toList();
        final Path table = Path.of("target", "metrics-table.md");
        Files.write(table, shown);
        assertEquals(shown, Files.readAllLines(PAGE).stream().filter(line -> line.startsWith("| `")).toList(),
            "docs/metrics.md does not describe what is shown; its table should be " + table.toAbsolutePath());
    }

    /** Name to the table's row, without the process. */
    private static Map<String, String> rows(final String page) {
        final Map<String, String> help = new TreeMap<>();
        final Map<String, String> types = new TreeMap<>();
        final Map<String, TreeSet<String>> labels = new TreeMap<>();
        page.lines().forEach(line -> {
            final String[] words = line.split(" ", 4);
            if (line.startsWith("# HELP ")) {
                help.put(words[2], words[3]);
            } else if (line.startsWith("# TYPE ")) {
                types.put(words[2], words[3]);
                labels.put(words[2], new TreeSet<>());
            } else {
                final String series = line.split("[{ ]")[0];
                final TreeSet<String> names = labels.containsKey(series) ? labels.get(series)
                    : labels.get(series.replaceAll("_(bucket|sum|count)$", ""));
                final Matcher matcher = LABEL.matcher(line);
                while (matcher.find()) {
                    if (!matcher.group(1).equals("le")) {
                        names.add("`" + matcher.group(1) + "`");
                    }
                }
            }
        });
        final Map<String, String> rows = new TreeMap<>();
        types.forEach((name, type) -> rows.put(name, "| `" + name + "` | " + type + " | "
            + String.join(", ", labels.get(name)) + " | " + unit(name) + " | " + help.get(name) + " | "));
        return rows;
    }

    private static String unit(final String name) {
        return name.contains("_seconds") ? "s" : name.contains("_bytes") ? "bytes" : name.endsWith("_perc") ? "share"
            : "";
    }
}
