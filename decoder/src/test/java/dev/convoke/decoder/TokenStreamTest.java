package dev.convoke.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TokenStreamTest {
    private static final int STREAMS = 40;
    private static final int TOKENS = 500;

    @Test
    void shouldDeliverEveryTokenInOrderToVirtualThreads() {
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            final List<TokenStream> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(new TokenStream(0, TOKENS, GenerationRequest.NO_LOGPROBS));
            }
            try (TokenDelivery delivery = new TokenDelivery(4);
                ExecutorService consumers = Executors.newVirtualThreadPerTaskExecutor()) {
                final List<Future<Integer>> seen = streams.stream()
                    .map(stream -> consumers.submit(() -> consume(stream))).toList();
                for (int token = 0; token < TOKENS; token++) {
                    for (int i = 0; i < STREAMS; i++) {
                        streams.get(i).append(i + token, token);
                        delivery.changed(streams.get(i));
                    }
                    delivery.flush();
                }
                for (final TokenStream stream : streams) {
                    stream.finish(FinishReason.LENGTH, null, TOKENS);
                    delivery.changed(stream);
                }
                delivery.flush();
                for (int i = 0; i < STREAMS; i++) {
                    assertEquals(i, seen.get(i).get());
                }
            }
        });
    }

    /** Reads to the end; returns the first token, having checked that the others count up from it. */
    private static int consume(final TokenStream stream) throws InterruptedException {
        int seen = 0;
        while (true) {
            final int tokens = stream.awaitBeyond(seen);
            for (int i = seen; i < tokens; i++) {
                assertEquals(stream.token(0) + i, stream.token(i));
            }
            if (tokens == seen) {
                assertTrue(stream.isFinished());
                assertEquals(TOKENS, tokens);
                return stream.token(0);
            }
            seen = tokens;
        }
    }

    @Test
    void shouldReturnAtOnceWhatIsThere() throws InterruptedException {
        final TokenStream stream = new TokenStream(0, 3, 0);
        stream.append(11, 5);
        stream.append(12, 6);
        assertEquals(2, stream.awaitBeyond(0));
        assertEquals(12, stream.token(1));
        assertEquals(5, stream.firstTokenNs());
        assertNull(stream.finishReason());
        stream.finish(FinishReason.ERROR, "why", 9);
        assertEquals(2, stream.awaitBeyond(2));
        assertEquals(FinishReason.ERROR, stream.awaitFinish());
        assertEquals("why", stream.error());
        assertEquals(9, stream.finishedNs());
    }

    @Test
    void shouldGiveWayToInterruption() {
        final TokenStream stream = new TokenStream(0, 1, 0);
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> stream.awaitBeyond(0));
    }

    @Test
    void shouldRefuseRequestsThatCannotBeMeant() {
        assertThrows(IllegalArgumentException.class, GenerationRequest::of);
        assertThrows(IllegalArgumentException.class, () -> GenerationRequest.of(1).maxTokens(-1));
        assertThrows(IllegalArgumentException.class, () -> GenerationRequest.of(1).topLogprobs(-2));
        assertThrows(IllegalArgumentException.class, () -> SamplingParameters.builder().temperature(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> SamplingParameters.builder().temperature(-1));
        assertThrows(IllegalArgumentException.class, () -> SamplingParameters.builder().topK(-1));
        assertThrows(IllegalArgumentException.class, () -> SamplingParameters.builder().topP(0));
        assertThrows(IllegalArgumentException.class, () -> SamplingParameters.builder().topP(1.5f));
    }
}
