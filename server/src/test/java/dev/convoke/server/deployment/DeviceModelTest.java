package dev.convoke.server.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.convoke.checkpoint.huggingface.SafetensorsFile;
import dev.convoke.core.NamedServices;
import dev.convoke.core.NumericsId;
import dev.convoke.core.Precision;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.LogitsDigest;
import dev.convoke.decoder.StepBatch;
import dev.convoke.decoder.StepObserver;
import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.TestModels;
import dev.convoke.tensor.KernelBackend;
import dev.convoke.tensor.RowBuffer;
import dev.convoke.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole models on a GPU: close to what the reference computes in f32, and the same bits wherever the experts are, in
 * the decoder's process or on two hosts of their own that share the GPU.
 */
@Tag("device")
@Timeout(180)
class DeviceModelTest {
    private static final String CUDA = "cuda";
    private static final int TOKENS = 48;
    private static final int END_TOKEN = 1;
    /** Where the reference itself prefers a token by less, bf16 may prefer another. */
    private static final double TIE = 0.1;
    private static final double NLL_TOLERANCE = 0.005;
    private static final double MEDIAN_TOLERANCE = 0.03;

    @TempDir
    private Path directory;

    @BeforeEach
    void requireDevice() {
        final String reason = NamedServices.named(KernelBackend.class, CUDA).unsupportedReason();
        assumeTrue(reason.isEmpty(), reason);
    }

    private static ServedDecoder decoder(final Path model, final ExpertSettings experts, final StepObserver observer) {
        return new ServedDecoder(new ModelSettings(model, Optional.of(Precision.BF16), CUDA, 1), experts,
            Optional.empty(), context -> context.observer(observer), UnaryOperator.identity(), _ -> Optional.empty());
    }

    private static ExpertSettings local() {
        return ExpertSettings.local(ExpertSettings.IN_PROCESS, 1, TestModels.ROUND_ROBIN, List.of());
    }

    private static JsonNode reference() throws IOException {
        return new ObjectMapper().readTree(TestModels.TINY.resolve("reference.json").toFile());
    }

    private static int[] integers(final JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    private static void run(final ServedDecoder decoder, final List<GenerationRequest> requests)
        throws InterruptedException {
        assertTrue(decoder.awaitReady(Duration.ofSeconds(60)), () -> decoder.health().toString());
        assertEquals(Admission.ACCEPTED, decoder.submit(requests));
        for (final GenerationRequest request : requests) {
            request.stream().awaitFinish();
            assertEquals(null, request.stream().error());
        }
    }

    private static List<GenerationRequest> continuations(final JsonNode cases) {
        return StreamSupport.stream(cases.spliterator(), false).map(each -> GenerationRequest
            .of(integers(each.get("prompt_ids"))).maxTokens(TOKENS).endTokens(END_TOKEN).build()).toList();
    }

    @Test
    void shouldContinueAndScoreTextsAsTheReference() throws IOException, InterruptedException {
        final JsonNode cases = reference().get("greedy");
        final JsonNode passages = reference().get("passages");
        final List<GenerationRequest> continued = continuations(cases);
        final List<GenerationRequest> scored = StreamSupport.stream(passages.spliterator(), false)
            .map(passage -> GenerationRequest.of(integers(passage.get("token_ids"))).maxTokens(0).promptLogprobs(true)
                .build()).toList();
        try (ServedDecoder decoder = decoder(TestModels.TINY, local(), StepObserver.NONE)) {
            run(decoder, continued);
            run(decoder, scored);
        }
        int compared = 0;
        for (int i = 0; i < continued.size(); i++) {
            compared += assertAgrees(cases.get(i), continued.get(i));
        }
        double expected = 0;
        double actual = 0;
        for (int i = 0; i < scored.size(); i++) {
            expected += passages.get(i).get("mean_nll").asDouble();
            actual += meanNegativeLogLikelihood(scored.get(i));
        }
        System.out.printf("tiny-moe on the GPU: %d greedy tokens of %d prompts as the reference in f32, mean negative "
            + "log-likelihood of %d texts off by %.2g%n", compared, continued.size(), scored.size(),
            actual / expected - 1);
        assertEquals(expected, actual, NLL_TOLERANCE * expected);
    }

    /** Token by token up to the first near-tie; returns how many. */
    private static int assertAgrees(final JsonNode expected, final GenerationRequest request) {
        final int[] tokens = integers(expected.get("token_ids"));
        for (int i = 0; i < tokens.length; i++) {
            if (expected.get("gaps").get(i).asDouble() < TIE) {
                return i;
            }
            assertEquals(tokens[i], request.stream().token(i), "token " + i + " of " + expected.get("prompt"));
        }
        return tokens.length;
    }

    private static double meanNegativeLogLikelihood(final GenerationRequest request) {
        return -IntStream.range(1, request.promptLength()).mapToDouble(request.stream().promptScores()::logprob)
            .average().orElseThrow();
    }

    @Test
    void shouldComeCloseToTheLogitsOfTheReference() throws InterruptedException {
        try (Arena arena = Arena.ofShared()) {
            final SafetensorsFile golden =
                SafetensorsFile.open(TestModels.GOLDEN.resolve("golden.safetensors"), arena);
            final int prompts = (int)golden.shape("input_ids")[0];
            final int length = (int)golden.shape("input_ids")[1];
            final int[] inputs = integers(golden, "input_ids");
            final List<GenerationRequest> requests = new ArrayList<>();
            for (int prompt = 0; prompt < prompts; prompt++) {
                requests.add(GenerationRequest.of(Arrays.copyOfRange(inputs, prompt * length, (prompt + 1) * length))
                    .maxTokens(1).promptLogprobs(true).build());
            }
            final int[] expected = integers(golden, "greedy_tokens");
            final GenerationRequest greedy = GenerationRequest.of(integers(golden, "greedy_prompt"))
                .maxTokens(expected.length).build();
            final RowErrors errors = new RowErrors(golden.tensor("logits"), requests, length);
            try (ServedDecoder decoder = decoder(TestModels.GOLDEN, local(), errors)) {
                run(decoder, requests);
                run(decoder, List.of(greedy));
            }
            int same = 0;
            while (same < expected.length && greedy.stream().token(same) == expected[same]) {
                same++;
            }
            final double[] sorted = errors.sorted();
            System.out.printf("golden mixtral on the GPU: logits of %d positions off by %.2g in the median, %.2g at "
                + "most, against f32; the first %d of %d greedy tokens as the reference%n", sorted.length,
                sorted[sorted.length / 2], sorted[sorted.length - 1], same, expected.length);
            assertEquals(prompts * length, sorted.length);
            assertTrue(sorted[sorted.length / 2] < MEDIAN_TOLERANCE, () -> Arrays.toString(sorted));
        }
    }

    private static int[] integers(final SafetensorsFile file, final String name) {
        final MemorySegment bytes = file.bytes(name);
        return IntStream.range(0, (int)(bytes.byteSize() / Integer.BYTES))
            .map(i -> bytes.get(ValueLayout.JAVA_INT_UNALIGNED, (long)i * Integer.BYTES)).toArray();
    }

    @Test
    void shouldGiveTheSameBitsWithTwoHostsThatShareTheGpu() throws IOException, InterruptedException {
        final List<Long> expected = digests(local());
        final String aeron = directory.resolve("aeron").toString();
        final String[] more = {"--aeron", "directory=" + aeron, "--backend", CUDA};
        final String addresses = "experts-0,experts-1";
        try (ConvokeProcess first = ConvokeProcess.expertHost(TestModels.TINY, "bf16", "aeron-ipc", addresses, 0, more);
            ConvokeProcess second =
                ConvokeProcess.expertHost(TestModels.TINY, "bf16", "aeron-ipc", addresses, 1, more)) {
            final ExpertSettings hosts = ExpertSettings.remote("aeron-ipc", Map.of("directory", aeron),
                List.of(addresses.split(",")), TestModels.ROUND_ROBIN, List.of());
            final List<Long> actual = digests(hosts);
            assertComputesForADecoderOnACpu(hosts);
            for (final ConvokeProcess host : List.of(first, second)) {
                assertEquals(0, host.terminate(), host.said());
                assertTrue(host.said().contains("24 of 48 experts"), host.said());
            }
            assertEquals(expected, actual);
            System.out.printf("tiny-moe with two hosts over aeron-ipc: logits of %d positions the same bits as with "
                + "the experts in the decoder's process%n", actual.size());
        }
    }

    /** One that accepts what the GPU computes, and counts it. */
    private static void assertComputesForADecoderOnACpu(final ExpertSettings hosts) throws IOException,
        InterruptedException {
        final NumericsId cuda = NamedServices.named(KernelBackend.class, CUDA).numerics();
        final JsonNode cases = reference().get("greedy");
        final List<GenerationRequest> requests = continuations(cases);
        try (ServedDecoder decoder = new ServedDecoder(new ModelSettings(TestModels.TINY, Optional.of(Precision.BF16),
            "vector", 1), hosts, Optional.empty(), UnaryOperator.identity(),
            routing -> routing.acceptedNumerics(List.of(cuda)), _ -> Optional.empty())) {
            run(decoder, requests);
            for (int i = 0; i < requests.size(); i++) {
                assertAgrees(cases.get(i), requests.get(i));
                assertEquals(requests.get(i).stream().entries().entries(),
                    requests.get(i).stream().entries().otherNumerics());
            }
            assertEquals(decoder.counters().value("routing_results_taken"), hosts.addresses().stream()
                .mapToLong(host -> decoder.counters().labelled("host", host).labelled("numerics", cuda.toString())
                .value("moe_other_numerics_entries")).sum());
        }
    }

    /** Of the logits behind every token of the reference's prompts. */
    private static List<Long> digests(final ExpertSettings experts) throws IOException, InterruptedException {
        final LogitsDigest digest = new LogitsDigest();
        final List<GenerationRequest> requests = continuations(reference().get("greedy"));
        try (ServedDecoder decoder = decoder(TestModels.TINY, experts, digest)) {
            run(decoder, requests);
        }
        return requests.stream().flatMapToLong(request -> Arrays.stream(digest.byPosition(request)))
            .filter(bits -> bits != 0).boxed().toList();
    }

    /** How far logits are off, as a share of the norm of their row. */
    private static final class RowErrors implements StepObserver {
        private final Tensor expected;
        private final List<GenerationRequest> requests;
        private final int length;
        private final List<Double> errors = new ArrayList<>();

        RowErrors(final Tensor expected, final List<GenerationRequest> requests, final int length) {
            this.expected = expected;
            this.requests = requests;
            this.length = length;
        }

        @Override
        public synchronized void onLogits(final StepBatch batch, final RowBuffer logits) {
            for (int i = 0; i < batch.logitRows(); i++) {
                final int row = batch.logitRow(i);
                final int request = requests.indexOf(batch.request(row));
                if (request >= 0 && batch.position(row) < length) {
                    errors.add(error(logits, i, request * length + batch.position(row)));
                }
            }
        }

        private double error(final RowBuffer logits, final int row, final int reference) {
            double difference = 0;
            double norm = 0;
            for (int token = 0; token < logits.columns(); token++) {
                final double wanted = expected.at((long)reference * logits.columns() + token);
                difference += Math.pow(logits.get(row, token) - wanted, 2);
                norm += wanted * wanted;
            }
            return Math.sqrt(difference / norm);
        }

        synchronized double[] sorted() {
            return errors.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        }
    }
}
