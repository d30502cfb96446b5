package dev.convoke.server.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.Precision;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.TestModels;
import dev.convoke.server.deployment.ServedDecoder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A gate, an exchange and a backend from elsewhere, found through services files, serve a request by name. */
class PluginTest {
    private static final int TOKENS = 4;

    private static List<Integer> generate(final String backend, final String exchange, final String gate)
        throws InterruptedException {
        try (ServedDecoder decoder = TestModels.decoder(
            new ModelSettings(TestModels.GOLDEN, Optional.of(Precision.F32), backend, 1),
            ExpertSettings.local(exchange, 2, TestModels.ROUND_ROBIN, List.of()), gate, UnaryOperator.identity())) {
            assertTrue(decoder.awaitReady(Duration.ofSeconds(30)), () -> decoder.health().toString());
            final GenerationRequest request = GenerationRequest.of(5, 9, 13).maxTokens(TOKENS).build();
            assertEquals(Admission.ACCEPTED, decoder.submit(List.of(request)));
            request.stream().awaitFinish();
            return IntStream.range(0, request.stream().tokens()).mapToObj(request.stream()::token).toList();
        }
    }

    @Test
    void shouldServeThroughABackendAndAnExchangeFromElsewhereWithTheSameTokens() throws InterruptedException {
        final List<Integer> expected = generate("auto", "in-process", TestModels.GATE);
        final long products = RelayBackend.PRODUCTS.get();
        final long frames = CountingExchangeProvider.FRAMES.get();
        assertEquals(expected, generate("relay", "counting", TestModels.GATE));
        assertTrue(RelayBackend.PRODUCTS.get() > products);
        assertTrue(CountingExchangeProvider.FRAMES.get() > frames);
    }

    @Test
    void shouldServeThroughAGateFromElsewhere() throws InterruptedException {
        final List<Integer> tokens = generate("auto", "in-process", "first-experts");
        assertEquals(TOKENS, tokens.size());
        assertNotEquals(generate("auto", "in-process", TestModels.GATE), tokens);
    }

    @Test
    void shouldListWhatThereIsWhenTheNameIsUnknown() {
        final String message = assertThrows(ConfigurationException.class,
            () -> generate("auto", "in-process", "nonesuch")).getMessage();
        assertTrue(message.contains("first-experts, softmax-top-k, top-k-of-softmax"), message);
    }
}
