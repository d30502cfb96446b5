package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that cannot both be meant: one sentence with both values and where they come from, and exit code 2. */
class ContradictionTest {
    @TempDir
    private Path directory;

    private static String complaint(final String line) {
        final List<String> arguments = new ArrayList<>(List.of(line.split(" ")));
        arguments.addAll(List.of("--model", TestModels.TINY.toString()));
        final CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertEquals(2, run.exitCode(), run.err());
        assertTrue(run.complaint().endsWith("."), run.complaint());
        return run.complaint();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "serve --hosts 2 --exchange aeron-ipc --expert-hosts a,b | --hosts 2 | --expert-hosts a,b",
        "serve --exchange in-process --expert-hosts a,b | --expert-hosts a,b | --exchange in-process",
        "serve --expert-hosts a,b | --expert-hosts a,b | exchange in-process (default)",
        "serve --exchange aeron-ipc --hosts 2 | --exchange aeron-ipc | --hosts 2",
        "serve --exchange aeron-ipc | --exchange aeron-ipc | needs --expert-hosts",
        "serve --aeron mtu-bytes=1408 | --aeron mtu-bytes=1408 | exchange in-process (default)",
        "serve --placement round-robin --experts *:* | --placement round-robin | --experts *:*",
        "serve --hosts 2 --replicas 2 --experts *:* --experts *:* | --replicas 2 | --experts *:*",
        "serve --hosts 2 --replicas 3 | replicas is 3 | there are 2 hosts",
        "serve --replicas 0 | replicas is 0 | there is 1 host",
        "expert-host --exchange aeron-ipc --expert-hosts a --host-index 0 --replicas 2 | replicas is 2 | there is 1",
        "serve --hosts 3 --experts *:0-3 --experts *:4-7 | --experts *:0-3,*:4-7 | --hosts 3",
        "serve --exchange aeron-ipc --expert-hosts a,b --experts *:* | --experts *:* | --expert-hosts a,b",
        "serve --exchange aeron-ipc --expert-hosts a,b,a | --expert-hosts a,b,a | 'a' and 'a'",
        "serve --exchange aeron-udp --expert-hosts 127.0.0.1:4001,127.0.0.1:4002 | 127.0.0.1:4002 | port after it",
        "serve --exchange aeron-ipc --join http://a --replicas 2 | --replicas 2 | --join http://a",
        "serve --exchange aeron-ipc --join http://a --coordinator-log l | --coordinator-log l | --join http://a",
        "serve --join http://a | exchange in-process (default) | --join http://a",
        "serve --join-key-file k | --join-key-file k | needs --join",
        "serve --max-hosts 2 | --max-hosts 2 | exchange in-process (default)",
        "serve --exchange aeron-ipc --expert-hosts a,b --max-hosts 1 | max-hosts is 1 | expert-hosts names 2",
        "serve --exchange aeron-ipc --max-hosts 2 --pace slowdown=2 | --pace slowdown=2 | --exchange aeron-ipc",
        "expert-host --exchange aeron-ipc --join http://a | --join http://a | needs --listen",
        "expert-host --exchange aeron-ipc --join http://a --listen b --host-index 0 | --host-index 0 | --join http://a",
        "expert-host --exchange aeron-ipc --expert-hosts a --host-index 0 --listen b | --listen b | needs --join",
        "serve --accept-numerics int8-1 | --accept-numerics int8-1 | exchange in-process (default)",
        "serve --exchange aeron-ipc --expert-hosts a --accept-numerics int8-1,int8-1 | int8-1,int8-1 | each once",
        "serve --hosts 2 --network 2.delay=1ms | --network 2.delay=1ms | there are 2 hosts",
        "serve --exchange aeron-ipc --expert-hosts a --pace slowdown=2 | --pace slowdown=2 | --expert-hosts a",
        "serve --hosts 2 --pace 2.slowdown=2 | pace.2.slowdown | there are 2 hosts",
        "serve --network reorder=1% | network.reorder is 1% | network.reorder-delay 0us",
        "serve --token-budget 4 | --token-budget 4 | max-sequences 16 (default)",
        "serve --max-sequences 300 --token-budget 64 | --token-budget 64 | --max-sequences 300",
        "serve --resend-after 3s --exchange-deadline 2s | --resend-after 3s | --exchange-deadline 2s",
        "serve --port 0 --max-context 2048 --kv-bytes 1m --threads 1 | --max-context 2048 | --kv-bytes 1m",
        "serve --capacity-factor 1.5 | --capacity-factor 1.5 | capacity-policy dropless (default)",
        "serve --capacity-policy drop | --capacity-policy drop | needs --capacity-factor",
        "serve --capacity-policy spill --capacity-factor 0 | capacity-factor is 0.0 | choose a positive",
        "serve --port 0 --tls-key k.pem | needs --tls-certificate | --tls-key k.pem",
        "serve --port 0 --histogram-log-interval 2s | --histogram-log-interval 2s | needs --histogram-log,",
        "expert-host --exchange aeron-ipc --expert-hosts a --host-index 0 --metrics-host 127.0.0.1 "
            + "| --metrics-host 127.0.0.1 | needs --metrics-port"})
    void shouldShowBothValues(final String line, final String one, final String other) {
        final String complaint = complaint(line);
        assertTrue(complaint.contains(one) && complaint.contains(other), complaint);
    }

    @Test
    void shouldTellTheFileThatAValueComesFrom() throws IOException {
        final Path file = Files.writeString(directory.resolve("c.yaml"),
            "exchange: aeron-ipc\nexpert-hosts: [a, b]\n");
        final String complaint = complaint("serve --hosts 2 --config " + file);
        assertTrue(complaint.contains("--hosts 2 contradicts 'expert-hosts: a,b' in " + file + "; "), complaint);
        assertTrue(complaint("config serve --hosts 2 --config " + file).contains("'expert-hosts: a,b' in " + file));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "serve --exchange aeron-upd  | did you mean 'aeron-udp'?",
        "serve --placement roundrobin | did you mean 'round-robin'?",
        "serve --gate softmax-topk   | did you mean 'softmax-top-k'?",
        "serve --capacity-policy expand-drop | did you mean 'expanded-drop'?",
        "serve --backend vectr       | did you mean 'vector'?",
        "serve --dtype fp32          | did you mean 'f32'?",
        "serve --exchange aeron-ipc --expert-hosts a --aeron mtu-byte=1408 | did you mean 'mtu-bytes'?"})
    void shouldGuessTheValueThatWasMeant(final String line, final String guess) {
        assertTrue(complaint(line).contains(guess), complaint(line));
    }

    @Test
    void shouldGuessTheFamilyOfAModel() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"mixtrl\"}");
        final CommandLineRun run = CommandLineRun.of("inspect", directory.toString());
        assertEquals(1, run.exitCode());
        assertTrue(run.complaint().contains("did you mean 'mixtral'?"), run.complaint());
    }
}
