package dev.convoke.server.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.FinishReason;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.LogitsDigest;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.Health;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real expert host goes in the middle of streams, every expert being on two of three: nothing of it shows. */
@Timeout(180)
class HostDeathTest {
    private static final String UDP = "aeron-udp";
    private static final String[] PROMPTS = {"In the beginning", "It is a truth", "def main(argv):\n    "};
    private static final int TOKENS = 200;
    private static final int VICTIM = 1;
    private static final int MOST_ATTEMPTS = 4;

    private static List<Object> undisturbed;

    private final List<String> addresses = Stream.generate(ConvokeProcess::freeUdpAddress).limit(3).toList();
    private final LogitsDigest digest = new LogitsDigest();

    @BeforeAll
    static void generateUndisturbed() throws InterruptedException {
        final LogitsDigest digest = new LogitsDigest();
        try (ServedDecoder decoder = TestModels.local(TestModels.TINY, DType.BF16, 1,
            context -> context.observer(digest))) {
            assertTrue(decoder.awaitReady(Duration.ofSeconds(60)), () -> decoder.health().toString());
            undisturbed = results(submit(decoder), digest);
        }
    }

    private static List<GenerationRequest> submit(final ServedDecoder decoder) {
        final List<GenerationRequest> requests = Arrays.stream(PROMPTS).map(prompt -> GenerationRequest
            .of(decoder.tokenizer().encode(prompt, true)).maxTokens(TOKENS).build()).toList();
        assertEquals(Admission.ACCEPTED, decoder.submit(requests));
        return requests;
    }

    /** The tokens and the digests of the logits of every request, when it has ended. */
    private static List<Object> results(final List<GenerationRequest> requests, final LogitsDigest digest)
        throws InterruptedException {
        final List<Object> results = new ArrayList<>();
        for (final GenerationRequest request : requests) {
            assertEquals(FinishReason.LENGTH, request.stream().awaitFinish(), request.stream().error());
            for (int i = 0; i < TOKENS; i++) {
                results.add(request.stream().token(i));
            }
            Arrays.stream(digest.byPosition(request)).forEach(results::add);
        }
        return results;
    }

    private ConvokeProcess host(final int index) {
        return ConvokeProcess.expertHost(TestModels.TINY, "bf16", UDP, String.join(",", addresses), index,
            "--replicas", "2");
    }

    private ServedDecoder decoder() {
        return TestModels.decoder(TestModels.settings(TestModels.TINY, DType.BF16), ExpertSettings.remote(UDP, Map.of(),
            addresses, TestModels.ROUND_ROBIN, List.of()).withReplicas(2), TestModels.GATE,
            context -> context.observer(digest));
    }

    private static void await(final String what, final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, what);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** How often others were given what a host owed, be it that it was late or taken for dead. */
    private static long takeovers(final ServedDecoder decoder) {
        return Stream.of("silent", "gone", "refused")
            .mapToLong(reason -> decoder.counters().labelled("reason", reason).value("moe_failover")).sum()
            + decoder.counters().value("moe_hedges");
    }

    private long rowsOfVictim(final ServedDecoder decoder) {
        return decoder.counters().labelled("host", addresses.get(VICTIM)).value("moe_combine_rows");
    }

    /** Streams are under way, and the victim has its part in them. */
    private List<GenerationRequest> inMidStream(final ServedDecoder decoder) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        do {
            assertTrue(System.nanoTime() < deadlineNs, "the victim does not earn its part of the work");
            assertEquals(undisturbed, results(submit(decoder), digest));
        } while (decoder.counters().labelled("host", addresses.get(VICTIM)).value("moe_host_breaker") != 0);
        final long before = rowsOfVictim(decoder);
        final List<GenerationRequest> requests = submit(decoder);
        await("tokens come", () -> requests.stream().allMatch(request -> request.stream().tokens() >= 10)
            && rowsOfVictim(decoder) > before);
        assertTrue(requests.stream().noneMatch(request -> request.stream().isFinished()), "all is over already");
        return requests;
    }

    /** Something that befalls the victim, and its end. */
    private interface Trouble {
        ConvokeProcess strike(ConvokeProcess victim) throws IOException, InterruptedException;

        ConvokeProcess end(ConvokeProcess victim) throws IOException, InterruptedException;
    }

    /** On a busy machine the decoder may have turned from the victim just before; then it is struck once more. */
    private void assertUnnoticed(final Trouble trouble) throws IOException, InterruptedException {
        ConvokeProcess victim = host(VICTIM);
        try (ConvokeProcess _ = host(0); ConvokeProcess _ = host(2); ServedDecoder decoder = decoder()) {
            assertTrue(decoder.awaitReady(Duration.ofSeconds(60)), () -> decoder.health().toString());
            long takeovers = 0;
            for (int attempt = 0; attempt < MOST_ATTEMPTS && takeovers == 0; attempt++) {
                final List<GenerationRequest> requests = inMidStream(decoder);
                final long before = takeovers(decoder);
                victim = trouble.strike(victim);
                assertEquals(undisturbed, results(requests, digest));
                takeovers = takeovers(decoder) - before;
                assertDegraded(decoder);
                victim = trouble.end(victim);
                await("it is back: " + decoder.health(), () -> Health.ready().equals(decoder.health()));
            }
            assertTrue(takeovers > 0, "nobody took over from the victim");
            assertEquals(undisturbed, results(submit(decoder), digest));
        } finally {
            victim.kill();
        }
    }

    @Test
    void shouldNotShowThatAHostWasKilled() throws Exception {
        assertUnnoticed(new Trouble() {
            @Override
            public ConvokeProcess strike(final ConvokeProcess victim) {
                victim.kill();
                return victim;
            }

            @Override
            public ConvokeProcess end(final ConvokeProcess victim) {
                return host(VICTIM);
            }
        });
    }

    @Test
    void shouldNotShowThatAHostWasStoppedForAWhile() throws Exception {
        assertUnnoticed(new Trouble() {
            @Override
            public ConvokeProcess strike(final ConvokeProcess victim) throws IOException, InterruptedException {
                return signal("-STOP", victim);
            }

            @Override
            public ConvokeProcess end(final ConvokeProcess victim) throws IOException, InterruptedException {
                return signal("-CONT", victim);
            }
        });
    }

    private void assertDegraded(final ServedDecoder decoder) {
        await("its health tells", () -> decoder.health().status() == Health.Status.DEGRADED);
        final List<String> reasons = decoder.health().reasons();
        assertTrue(reasons.getFirst().contains(addresses.get(VICTIM)), reasons::toString);
        // 48 experts twice on three hosts: 32 have one replica on each.
        assertTrue(reasons.getLast().startsWith("32 of 48 experts have fewer live replicas"), reasons::toString);
        assertTrue(reasons.getLast().endsWith(": 1 of 2."), reasons::toString);
        assertEquals(32, decoder.counters().value("moe_experts_under_replicated"));
        assertEquals(0, decoder.counters().value("moe_experts_unreachable"));
    }

    private static ConvokeProcess signal(final String signal, final ConvokeProcess process)
        throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor());
        return process;
    }
}
