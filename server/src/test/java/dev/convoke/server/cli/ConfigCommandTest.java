package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ConfigCommandTest {
    @TempDir
    private Path directory;

    private static String output(final String... args) {
        final CommandLine commandLine = Convoke.commandLine(false);
        final StringWriter text = new StringWriter();
        commandLine.setOut(new PrintWriter(text));
        assertEquals(0, commandLine.execute(args));
        return text.toString();
    }

    @Test
    void shouldTellWhereEachValueComesFrom() throws IOException {
        final Path file = Files.writeString(directory.resolve("a.yaml"), "port: 9000\nmax-sequences: 3\n");
        final String yaml = output("config", "serve", "--config", file.toString(), "--port", "7000");
        assertTrue(yaml.contains("port: 7000  # given\n"), yaml);
        assertTrue(yaml.contains("max-sequences: 3  # from " + file + "\n"), yaml);
        assertTrue(yaml.contains("host: 127.0.0.1  # default\n"), yaml);
        assertTrue(yaml.contains("# api-key-file: not set\n"), yaml);
    }

    @Test
    void shouldPrintAFileThatGivesTheSameAgain() throws IOException {
        final Path file = directory.resolve("b.yaml");
        final String once = output("config", "serve", "--port", "7000", "--max-waiting", "5");
        Files.writeString(file, once);
        final String again = output("config", "serve", "--config", file.toString());
        assertEquals(values(once), values(again));
    }

    @Test
    void shouldPrintSettingsOfAeronAsTheyWereGiven() {
        final String yaml = output("config", "serve", "--exchange", "aeron-ipc", "--expert-hosts", "a,b", "--aeron",
            "mtu-bytes=1408", "--aeron=driver-park=1ms");
        assertTrue(yaml.contains("mtu-bytes: 1408\n"), yaml);
        assertTrue(yaml.contains("driver-park: 1ms\n"), yaml);
    }

    @Test
    void shouldPrintAModelledNetworkAsAMapThatGivesTheSameAgain() throws IOException {
        final String once = output("config", "serve", "--hosts", "2", "--network", "delay=200us,1.in.loss=1%",
            "--network", "seed=7");
        assertTrue(once.contains("\nnetwork:\n  delay: 200us\n  \"1.in.loss\": 1%\n  seed: 7\n"), once);
        final Path file = Files.writeString(directory.resolve("n.yaml"), once);
        assertEquals(values(once), values(output("config", "serve", "--config", file.toString())));
    }

    private static String values(final String yaml) {
        return yaml.replaceAll("(?m)  #.*$", "").replaceAll("(?m)^#.*\\n", "");
    }

    @Test
    void shouldKeepThePageOfOptionsUpToDate() throws IOException {
        final Path page = TestModels.TINY.getParent().resolveSibling("docs").resolve("configuration.md");
        assertEquals(Files.readString(page), OptionPage.of(Convoke.commandLine(false)),
            "docs/configuration.md is out of date; write it with: ./convoke config --markdown > docs/configuration.md");
    }
}
