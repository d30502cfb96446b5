package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.NamedServices;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import dev.convoke.tensor.KernelBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    @TempDir
    private Path directory;

    private Path config(final String text) throws IOException {
        return Files.writeString(directory.resolve("c.yaml"), text);
    }

    @Test
    void shouldContinueAPromptOnTheTerminal() {
        final CommandLineRun run = CommandLineRun.of("generate", "In the beginning", "--model",
            TestModels.TINY.toString(), "--dtype", "f32", "--temperature", "0", "--max-tokens", "4", "--threads", "1");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals(" of the day of" + System.lineSeparator(), run.out());
    }

    @Test
    void shouldDescribeAModel() {
        final String out = CommandLineRun.of("inspect", TestModels.TINY.toString()).out();
        assertTrue(out.contains("12.9 million in all, 4.9 million active"), out);
        assertTrue(out.contains("442.4 kB as stored (bf16)"), out);
        assertTrue(out.contains("2304 B in bf16"), out);
        assertTrue(out.contains("model.safetensors, 25.8 MB"), out);
        assertTrue(out.matches("(?s).*fingerprint +[0-9a-f]{16}.*"), out);
    }

    @Test
    void shouldRunCommandsOfOtherModules() {
        assertEquals("hello you" + System.lineSeparator(), CommandLineRun.of("greet", "--who", "you").out());
        assertTrue(CommandLineRun.of("--help").out().contains("greet"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonesuch", "serve --nonesuch", "serve --port many", "generate a b c"})
    void shouldPointToTheHelpWhenTheCommandLineIsWrong(final String line) {
        final CommandLineRun run = CommandLineRun.of(line.isEmpty() ? new String[0] : line.split(" "));
        assertEquals(2, run.exitCode());
        assertTrue(run.complaint().contains("--help"), run.complaint());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "serve --prot 8080       | no option '--prot'; did you mean '--port'?",
        "serve --max-sequence=3  | no option '--max-sequence'; did you mean '--max-sequences'?",
        "srve                    | no command 'srve'; did you mean 'serve'?",
        "bemch serve             | no command 'bemch'",
        "generate in the         | put quotes around",
        "serve --port many       | 'many' is not an int"})
    void shouldSayWhatMayHaveBeenMeant(final String line, final String part) {
        final CommandLineRun run = CommandLineRun.of(line.split(" "));
        assertEquals(2, run.exitCode());
        assertTrue(run.complaint().contains(part), run.complaint());
    }

    @Test
    void shouldSayWhatEachHostTakes() throws IOException {
        final String out = CommandLineRun.of("inspect", TestModels.TINY.toString(), "--hosts", "3").out();
        final JsonNode json = new ObjectMapper().readTree(CommandLineRun.of("inspect", TestModels.TINY.toString(),
            "--hosts", "3", "--json").out());
        // 6 layers of 8 experts, each 3 x 192 x 384 values of 2 bytes.
        final long expertBytes = 3L * json.get("hidden_size").asLong() * json.get("expert_width").asLong() * 2;
        assertTrue(out.contains(json.get("serving").get("backend").asText()), out);
        final JsonNode hosts = json.get("serving").get("hosts");
        assertEquals(3, hosts.size());
        long experts = 0;
        for (int host = 0; host < 3; host++) {
            experts += hosts.get(host).get("experts").asLong();
            assertEquals(hosts.get(host).get("experts").asLong() * expertBytes,
                hosts.get(host).get("weight_bytes").asLong());
            assertTrue(out.contains("expert host " + host), out);
        }
        assertEquals(json.get("layers").asLong() * json.get("experts").asLong(), experts);
        assertEquals(json.get("parameters").asLong() * 2,
            experts * expertBytes + json.get("serving").get("decoder_weight_bytes").asLong());
    }

    @Test
    void shouldSayWhatEachHostTakesWithReplicas() throws IOException {
        final JsonNode hosts = new ObjectMapper().readTree(CommandLineRun.of("inspect", TestModels.TINY.toString(),
            "--hosts", "3", "--replicas", "2", "--json").out()).get("serving").get("hosts");
        for (int host = 0; host < 3; host++) {
            assertEquals(32, hosts.get(host).get("experts").asInt());
        }
    }

    @Test
    void shouldTalk() {
        try (ConvokeProcess process = ConvokeProcess.start("generate", "--interactive", "--stats", "--model",
            TestModels.TINY.toString(), "--threads", "1", "--temperature", "0", "--max-tokens", "5")) {
            process.awaitSaying("/reset forgets");
            process.say("In the beginning");
            process.awaitSaying("tokens/s");
            process.say("/reset");
            process.say("In the beginning");
            process.say("");
            process.say("/exit");
            assertEquals(0, process.awaitExit(), process.said());
            final String[] statistics = process.said().lines().filter(line -> line.contains("prompt tokens"))
                .map(line -> line.replaceAll("(\\d+) prompt tokens.*", "$1")).toArray(String[]::new);
            assertEquals(2, statistics.length, process.said());
            assertEquals(statistics[0], statistics[1], "nothing is remembered after a reset: " + process.said());
        }
    }

    @Test
    void shouldNotTakeAPromptForAConversation() {
        final CommandLineRun run = CommandLineRun.of("generate", "hello", "--interactive");
        assertEquals(2, run.exitCode());
        assertTrue(run.complaint().contains("leave one of them out"), run.complaint());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "serve --port 70000                                            | port is 70000",
        "serve --host 0.0.0.0                                          | --insecure-network",
        "serve --dtype f64                                             | choose one of f32, bf16, int8.",
        "serve --backend abacus                                        | one of auto, cuda, onednn, relay, scalar",
        "serve --backend cuda --dtype f32                              | it does not compute in f32; choose",
        "coordinator --exchange aeron-ipc --accept-numerics cuda-bf16-1| 'cuda-bf16-1', which is no numerics",
        "serve --exchange aeron-ipc --accept-numerics int8 --expert-hosts a | canonical-1, int8-1, or cuda-smNN-1",
        "serve --device-memory lots                                    | a size such as 60g",
        "serve --exchange pigeon                                       | choose one of aeron-ipc, aeron-udp",
        "serve --exchange aeron-udp                                    | needs --expert-hosts, which is not given",
        "serve --expert-hosts 127.0.0.1:5                              | contradicts exchange in-process (default)",
        "serve --hosts 2 --exchange aeron-udp --expert-hosts 1.1.1.1:5 | leave one of them out",
        "serve --exchange aeron-udp --expert-hosts 1.1.1.1:5           | --insecure-network",
        "serve --exchange aeron-udp --expert-hosts localhost           | host:port",
        "serve --hosts 0                                               | hosts is 0",
        "serve --threads 0                                             | threads is 0",
        "serve --placement round-robin --experts *:* | --placement round-robin contradicts --experts *:*",
        "serve --placement scattered                                   | choose one of",
        "serve --experts *:0-3                                         | No host holds",
        "expert-host                                                   | aeron-udp or aeron-ipc",
        "expert-host --exchange aeron-ipc --expert-hosts a,b           | host-index is missing",
        "expert-host --exchange aeron-ipc --expert-hosts a --host-index 1 | choose 0 to 0",
        "generate hello --top-p 2                                      | top-p is 2.0",
        "serve --kv-bytes lots                                         | a size such as 512m",
        "serve --resend-after soon                                     | a time such as 500ms",
        "serve --max-sequences 0                                       | max-sequences is 0",
        "serve --token-budget 4                                        | contradicts max-sequences 16",
        "serve --max-context 9999999                                   | at most the model's 2048",
        "serve --exchange aeron-ipc --expert-hosts a --aeron mtu=9     | mtu-bytes",
        "serve --backend onednn --dtype f32                            | 'onednn' does not work here: it does not",
        "serve --config nowhere.yaml                                   | nowhere.yaml cannot be read"})
    void shouldSayInOneSentenceWhatIsWrong(final String line, final String part) {
        final CommandLineRun run = CommandLineRun.of((line + " --model " + TestModels.TINY).split(" "));
        assertEquals(2, run.exitCode(), run.err());
        assertTrue(run.complaint().contains(part), run.complaint());
    }

    /** On a machine with a GPU there is nothing to refuse. */
    @Test
    void shouldSayInOneSentenceWhyThereIsNoGpu() {
        final String reason = NamedServices.named(KernelBackend.class, "cuda").unsupportedReason();
        assumeFalse(reason.isEmpty(), "this machine has a GPU");
        for (final String command : List.of("serve --port 0", "generate hello")) {
            final CommandLineRun run =
                CommandLineRun.of((command + " --backend cuda --model " + TestModels.TINY).split(" "));
            assertEquals(2, run.exitCode(), run.err());
            assertEquals("convoke: The backend 'cuda' does not work here: " + reason
                + "; choose another one or 'auto'.", run.complaint());
        }
    }

    @Test
    void shouldTakeSettingsFromAFileAndLetFlagsWin() throws IOException {
        final Path file = config("model: " + TestModels.TINY + "\ndtype: f32\nthreads: 1\ntemperature: 0\n"
            + "max-tokens: 9\nexperts:\n  - '*:0-3'\n  - '*:4-7'\n");
        final CommandLineRun run = CommandLineRun.of("generate", "In the beginning", "--config", file.toString(),
            "--max-tokens", "4");
        assertEquals(0, run.exitCode(), run.err());
        assertEquals(" of the day of" + System.lineSeparator(), run.out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "expert-host: a        | did you mean 'expert-hosts'?",
        "colour: red           | choose from accept-numerics, admin-key-file,",
        "config: c.yaml        | unknown key 'config'",
        "port: [1, 2]          | no single value",
        "port: {a: 1}          | no single value",
        "port:                 | no single value",
        "- port                | key: value",
        "port: [1              | not valid YAML",
        "port: x               | c.yaml: Invalid value for 'port': 'x' is not an int",
        "insecure-network: so  | c.yaml: Invalid value for 'insecure-network': 'so' is not a boolean"})
    void shouldSayWhatIsWrongInAFile(final String text, final String part) throws IOException {
        final CommandLineRun run = CommandLineRun.of("serve", "--config", config(text).toString());
        assertEquals(2, run.exitCode());
        assertTrue(run.complaint().contains(part), run.complaint());
    }

    @Test
    void shouldTakeSettingsOfAeronFromAFile() throws IOException {
        final Path file = config("exchange: aeron-udp\nexpert-hosts: [127.0.0.1:40999]\naeron:\n  mtu: 9\n"
            + "model: " + TestModels.TINY + "\n");
        final CommandLineRun run = CommandLineRun.of("serve", "--config", file.toString());
        assertEquals(2, run.exitCode(), run.err());
        assertTrue(run.complaint().contains("mtu-bytes"), run.complaint());
    }

}
