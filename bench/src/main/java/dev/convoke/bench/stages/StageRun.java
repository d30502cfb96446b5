package dev.convoke.bench.stages;

import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenStream;
import dev.convoke.server.Refusal;
import dev.convoke.server.deployment.ServedDecoder;
import java.util.ArrayList;
import java.util.List;

/** Streams that decode together, timed from outside while the decoder accounts for its time within. */
public final class StageRun {
    private static final String[] PROMPTS = {"In the beginning", "It is a truth universally", "def __init__(self"};

    private final ServedDecoder served;
    private final int streams;
    private final int tokens;

    /** Of so many tokens on each of so many streams. */
    public StageRun(final ServedDecoder served, final int streams, final int tokens) {
        this.served = served;
        this.streams = streams;
        this.tokens = tokens;
    }

    /** Decodes once and says where the time went. */
    public StageReport run(final RecordingCost cost) throws InterruptedException {
        final TimingsSnapshot before = TimingsSnapshot.of(served.timings());
        final long changesBefore = served.decoder().stageChanges();
        final List<GenerationRequest> requests = requests();
        final long startNs = System.nanoTime();
        Refusal.submitOrThrow(served, requests);
        for (final GenerationRequest request : requests) {
            awaitEnd(request.stream());
        }
        final long wallNs = System.nanoTime() - startNs;
        awaitIdle();
        return new StageReport(wallNs, (long)streams * tokens, TimingsSnapshot.of(served.timings()).since(before),
            served.decoder().stageChanges() - changesBefore, cost);
    }

    private List<GenerationRequest> requests() {
        final List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            // Different prompts, so that none is shared.
            requests.add(GenerationRequest.of(served.tokenizer().encode(PROMPTS[i % PROMPTS.length] + " " + i, true))
                .maxTokens(tokens).build());
        }
        return requests;
    }

    private static void awaitEnd(final TokenStream stream) throws InterruptedException {
        int seen = 0;
        while (!(stream.isFinished() && seen == stream.tokens())) {
            seen = stream.awaitBeyond(seen);
        }
        if (stream.error() != null) {
            throw new ConvokeException(stream.error());
        }
    }

    /** The step that ends the last stream is recorded a moment after the stream has ended. */
    private void awaitIdle() {
        while (served.load().running() > 0) {
            Thread.onSpinWait();
        }
    }
}
