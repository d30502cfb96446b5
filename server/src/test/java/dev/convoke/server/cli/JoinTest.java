package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.core.DType;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.FinishReason;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.TestModels;
import dev.convoke.server.client.AdminClient;
import dev.convoke.server.client.CoordinatorLink;
import dev.convoke.server.deployment.ServedDecoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator, expert hosts and a decoder that know the coordinator's address alone. */
@Timeout(300)
class JoinTest {
    private static final int TOKENS = 60;
    private static final int EXPERTS = 48;
    private static final String UDP = "aeron-udp";

    @TempDir
    private Path directory;
    private Path key;
    private Path memberKey;
    private int port;
    private List<Integer> expected;

    private ConvokeProcess coordinator() {
        final ConvokeProcess process = ConvokeProcess.start("coordinator", "--model", TestModels.TINY.toString(),
            "--dtype", "bf16", "--exchange", UDP, "--threads", "1", "--port", Integer.toString(port), "--replicas", "2",
            "--max-hosts", "3", "--coordinator-log", directory.resolve("log").toString(), "--admin-key-file",
            key.toString(), "--member-key-file", memberKey.toString());
        process.awaitSaying("ready on");
        return process;
    }

    private ConvokeProcess host(final Path model, final String address) {
        return ConvokeProcess.start("expert-host", "--model", model.toString(), "--dtype", "bf16",
            "--exchange", UDP, "--threads", "1", "--join", url(), "--join-key-file", memberKey.toString(), "--listen",
            address);
    }

    private String url() {
        return "http://127.0.0.1:" + port;
    }

    private ServedDecoder decoder(final CoordinatorLink link) throws InterruptedException {
        final ServedDecoder decoder = new ServedDecoder(TestModels.settings(TestModels.TINY, DType.BF16),
            ExpertSettings.remote(UDP, Map.of(), List.of(), TestModels.ROUND_ROBIN, List.of()),
            Optional.of(link::await), Optional.of(TestModels.GATE), UnaryOperator.identity(), UnaryOperator.identity(),
            _ -> Optional.empty());
        link.follow(decoder.decoder()::epoch, decoder::follow);
        assertTrue(decoder.awaitReady(Duration.ofSeconds(60)), () -> decoder.health().toString());
        return decoder;
    }

    private static List<GenerationRequest> submit(final ServedDecoder decoder) {
        final List<GenerationRequest> requests = Stream.of("In the beginning", "def main(argv):\n    ")
            .map(prompt -> GenerationRequest.of(decoder.tokenizer().encode(prompt, true)).maxTokens(TOKENS).build())
            .toList();
        assertEquals(Admission.ACCEPTED, decoder.submit(requests));
        return requests;
    }

    private static List<Integer> tokens(final List<GenerationRequest> requests) throws InterruptedException {
        final List<Integer> tokens = new ArrayList<>();
        for (final GenerationRequest request : requests) {
            assertEquals(FinishReason.LENGTH, request.stream().awaitFinish(), request.stream().error());
            for (int i = 0; i < TOKENS; i++) {
                tokens.add(request.stream().token(i));
            }
        }
        return tokens;
    }

    private CommandLineRun cluster(final String... words) {
        final List<String> arguments = new ArrayList<>(List.of("cluster"));
        arguments.addAll(List.of(words));
        arguments.addAll(List.of("--server", url(), "--admin-key-file", key.toString()));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private JsonNode status() {
        final CommandLineRun run = cluster("status", "--json");
        assertEquals(0, run.exitCode(), run.err());
        try {
            return new ObjectMapper().readTree(run.out());
        } catch (final IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Generates again and again until the coordinator is where it should be; the output is the same all the time. */
    private void unnoticedUntil(final ServedDecoder decoder, final Predicate<JsonNode> settled)
        throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        do {
            assertEquals(expected, tokens(submit(decoder)));
            assertTrue(System.nanoTime() < deadlineNs, () -> status().toString());
        } while (!settled.test(status()));
    }

    private static boolean holds(final JsonNode status, final int host, final int replicas) {
        final JsonNode its = status.path("hosts").path(host);
        return status.path("move").isNull() && status.path("epoch").equals(status.path("decoder_epoch"))
            && its.path("replicas_placed").asInt() == replicas && its.path("replicas_held").asInt() == replicas;
    }

    @Test
    void shouldGoOnWhileHostsAndTheCoordinatorComeAndGo() throws Exception {
        key = Files.writeString(directory.resolve("key"), "operator\n");
        memberKey = Files.writeString(directory.resolve("member-key"), "member\n");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        final String first = ConvokeProcess.freeUdpAddress();
        final String second = ConvokeProcess.freeUdpAddress();
        ConvokeProcess coordinator = coordinator();
        try (ConvokeProcess one = host(TestModels.TINY, first);
            CoordinatorLink link = new CoordinatorLink(new AdminClient("--join", URI.create(url()), "member",
                Optional.empty()), 5, Duration.ofMillis(50)); ServedDecoder decoder = decoder(link)) {
            expected = tokens(submit(decoder));
            one.awaitSaying("48 of 48 experts");
            // It has no checkpoint: what it is told to load it has from the other.
            try (ConvokeProcess two = host(directory.resolve("nowhere"), second)) {
                unnoticedUntil(decoder, status -> holds(status, 1, EXPERTS));
                killUnderLoad(coordinator, decoder);
                coordinator = coordinator();
                coordinator.awaitSaying("goes on from epoch");
                unnoticedUntil(decoder, status -> status.at("/hosts/0/up").asBoolean()
                    && status.at("/hosts/1/up").asBoolean() && holds(status, 1, EXPERTS));
                assertEquals(0, cluster("drain", first).exitCode());
                unnoticedUntil(decoder, status -> holds(status, 0, 0));
                assertEquals(0, cluster("add", first).exitCode());
                unnoticedUntil(decoder, status -> holds(status, 0, EXPERTS));
                assertEquals(0, two.terminate(), two.said());
            }
            unnoticedUntil(decoder, status -> status.at("/hosts/1/address").asText().isEmpty());
        } finally {
            coordinator.close();
        }
    }

    private void killUnderLoad(final ConvokeProcess coordinator, final ServedDecoder decoder)
        throws InterruptedException {
        final List<GenerationRequest> requests = submit(decoder);
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (requests.stream().anyMatch(request -> request.stream().tokens() < 2)) {
            assertTrue(System.nanoTime() < deadlineNs);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        coordinator.kill();
        assertEquals(expected, tokens(requests));
        assertEquals(expected, tokens(submit(decoder)));
    }
}
