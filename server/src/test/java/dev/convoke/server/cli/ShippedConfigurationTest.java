package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The files in {@code configs/}. */
class ShippedConfigurationTest {
    private static final Path CONFIGS = Path.of(System.getProperty("convoke.models")).resolveSibling("configs");

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(CONFIGS)) {
            final List<Path> found = files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
            assertTrue(found.size() >= 10, found::toString);
            return found;
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void shouldBeValid(final Path file) {
        final String name = file.getFileName().toString();
        final String command = name.contains("host-") ? "expert-host"
            : name.startsWith("coordinator") ? "coordinator" : "serve";
        final CommandLine commandLine = Convoke.commandLine(false);
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        assertEquals(0, commandLine.execute("config", command, "--config", file.toString()), err::toString);
        assertTrue(out.toString().contains("model: models/tiny-moe  # from " + file), out.toString());
    }

    @Test
    @Timeout(120)
    void shouldRunOnThreeMachines(@TempDir final Path directory) throws Exception {
        final Map<String, String> here = Map.of("10.0.0.11:40401", ConvokeProcess.freeUdpAddress(), "10.0.0.12:40401",
            ConvokeProcess.freeUdpAddress(), "\nport: 8080", "\nport: 0", "models/tiny-moe",
            TestModels.TINY.toString(), "kv-bytes: 1g", "kv-bytes: 16m");
        for (final String name : List.of("decoder", "host-0", "host-1")) {
            String text = Files.readString(CONFIGS.resolve("three-machines/" + name + ".yaml"));
            for (final Map.Entry<String, String> change : here.entrySet()) {
                text = text.replace(change.getKey(), change.getValue());
            }
            Files.writeString(directory.resolve(name), text + "\nthreads: 1\n");
        }
        try (ConvokeProcess _ = ConvokeProcess.start("expert-host", "--config", directory.resolve("host-0").toString());
            ConvokeProcess _ = ConvokeProcess.start("expert-host", "--config", directory.resolve("host-1").toString());
            ConvokeProcess decoder = ConvokeProcess.start("serve", "--config", directory.resolve("decoder").toString());
            HttpClient client = HttpClient.newHttpClient()) {
            decoder.awaitSaying(" on http");
            decoder.awaitSaying("2 hosts over aeron-udp");
            final String address = decoder.said().replaceAll("(?s).* on (http://[0-9.:]+) in .*", "$1");
            if (decoder.said().contains("but not ready")) {
                decoder.awaitSaying("all experts are reached");
            }
            final HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(address
                + "/v1/completions")).POST(HttpRequest.BodyPublishers.ofString(
                    "{\"prompt\": \"In the beginning\", \"max_tokens\": 4, \"temperature\": 0}")).build(),
                HttpResponse.BodyHandlers.ofString());
            assertTrue(answer.body().contains(" of the day of"), answer.body());
        }
    }
}
