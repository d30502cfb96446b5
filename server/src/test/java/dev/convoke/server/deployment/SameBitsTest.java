package dev.convoke.server.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.DType;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.FinishReason;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.LogitsDigest;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.TestModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One set of bits: the same prompts give the same logits, to the bit, and so the same tokens, wherever the experts are:
 * on one, two or three hosts of this process, or in two processes over UDP or IPC, under two placements.
 */
@Timeout(180)
class SameBitsTest {
    private static final String[] PROMPTS = {"In the beginning", "It is a truth", "def main(argv):\n    "};
    private static final int TOKENS = 16;

    @TempDir
    private Path directory;

    /** The tokens and the digests of the logits of every prompt. */
    private record Run(List<Integer> tokens, List<Long> logits) {
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "BF16"})
    void shouldGiveTheSameBitsWhereverTheExpertsAre(final DType dtype) throws InterruptedException {
        final Run expected = local(dtype, 1, List.of());
        assertEquals(PROMPTS.length * TOKENS, expected.logits().size());
        assertEquals(expected, local(dtype, 3, List.of()));
        assertEquals(expected, local(dtype, 2, List.of("0-2:* 3-5:5,7", "3-5:0-4,6")));
        assertEquals(expected, remote(dtype, "aeron-udp", ConvokeProcess.freeUdpAddress() + ","
            + ConvokeProcess.freeUdpAddress()));
        assertEquals(expected, remote(dtype, "aeron-ipc", "experts-0,experts-1"));
        assertNotEquals(expected, local(dtype == DType.F32 ? DType.BF16 : DType.F32, 1, List.of()));
    }

    @Test
    void shouldGiveTheSameBitsOverANetworkThatDelaysReordersAndRepeatsAndFromPacedHosts() throws InterruptedException {
        final Run expected = local(DType.BF16, 1, List.of());
        final ExpertSettings hosts =
            ExpertSettings.local(ExpertSettings.IN_PROCESS, 3, TestModels.ROUND_ROBIN, List.of());
        assertEquals(expected, run(DType.BF16, hosts.withNetwork(Map.of("delay", "50us", "jitter", "50us",
            "distribution", "exponential", "duplicate", "5%", "reorder", "10%", "reorder-delay", "1ms", "bandwidth",
            "1Gbit", "2.in.delay", "500us"))));
        assertEquals(expected, run(DType.BF16, hosts.withPace(Map.of("fixed", "50us", "2.slowdown", "3"))));
    }

    private static Run local(final DType dtype, final int hosts, final List<String> lists)
        throws InterruptedException {
        return run(dtype, ExpertSettings.local(ExpertSettings.IN_PROCESS, hosts, TestModels.ROUND_ROBIN, lists));
    }

    private Run remote(final DType dtype, final String exchange, final String addresses) throws InterruptedException {
        final String name = ServedDecoder.nameOf(dtype);
        final String aeron = directory.resolve(exchange).toString();
        final boolean shared = exchange.equals("aeron-ipc");
        final String[] more = shared ? new String[] {"--aeron", "directory=" + aeron} : new String[0];
        try (ConvokeProcess first = ConvokeProcess.expertHost(TestModels.TINY, name, exchange, addresses, 0, more);
            ConvokeProcess second = ConvokeProcess.expertHost(TestModels.TINY, name, exchange, addresses, 1, more)) {
            final Run run = run(dtype, ExpertSettings.remote(exchange, shared ? Map.of("directory", aeron) : Map.of(),
                List.of(addresses.split(",")), TestModels.ROUND_ROBIN, List.of()));
            for (final ConvokeProcess host : List.of(first, second)) {
                assertEquals(0, host.terminate(), host.said());
                assertTrue(host.said().contains("24 of 48 experts"), host.said());
                assertTrue(host.said().contains("draining"), host.said());
            }
            return run;
        }
    }

    private static Run run(final DType dtype, final ExpertSettings experts) throws InterruptedException {
        final LogitsDigest digest = new LogitsDigest();
        final List<Integer> tokens = new ArrayList<>();
        final List<Long> logits = new ArrayList<>();
        try (ServedDecoder decoder = TestModels.decoder(TestModels.settings(TestModels.TINY, dtype), experts,
            TestModels.GATE, context -> context.observer(digest))) {
            assertTrue(decoder.awaitReady(Duration.ofSeconds(60)), () -> decoder.health().toString());
            for (final String prompt : PROMPTS) {
                final GenerationRequest request = request(decoder, prompt);
                tokens.addAll(generate(decoder, request));
                Arrays.stream(digest.byPosition(request)).filter(bits -> bits != 0).forEach(logits::add);
            }
        }
        return new Run(tokens, logits);
    }

    static List<Integer> generate(final ServedDecoder decoder, final String prompt) throws InterruptedException {
        return generate(decoder, request(decoder, prompt));
    }

    private static GenerationRequest request(final ServedDecoder decoder, final String prompt) {
        return GenerationRequest.of(decoder.tokenizer().encode(prompt, true)).maxTokens(TOKENS).build();
    }

    private static List<Integer> generate(final ServedDecoder decoder, final GenerationRequest request)
        throws InterruptedException {
        assertEquals(Admission.ACCEPTED, decoder.submit(List.of(request)));
        assertEquals(FinishReason.LENGTH, request.stream().awaitFinish(), request.stream().error());
        final List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < TOKENS; i++) {
            tokens.add(request.stream().token(i));
        }
        return tokens;
    }
}
