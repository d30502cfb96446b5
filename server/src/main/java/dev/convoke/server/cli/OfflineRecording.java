package dev.convoke.server.cli;

import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenStream;
import dev.convoke.decoder.trace.RoutingRecording;
import dev.convoke.decoder.trace.StreamDestination;
import dev.convoke.decoder.trace.TraceTransfer;
import dev.convoke.server.Refusal;
import dev.convoke.server.deployment.ServedDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/**
 * Records the routes of prompts that a decoder in this process answers. All are submitted at once and steps carry no
 * times, so the same prompts, options and bits give the same file.
 */
final class OfflineRecording {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    private final ServedDecoder served;
    private final List<GenerationRequest> requests;

    /** Of prompts that have not been submitted. */
    private OfflineRecording(final ServedDecoder served, final List<GenerationRequest> requests) {
        this.served = served;
        this.requests = requests;
    }

    /** Starts the decoder, records into a file, and stops it; ends early when the process is told to end. */
    static void run(final DecoderOptions decoder, final SamplingOptions sampling,
        final List<PromptFile.Prompt> prompts, final RecordedTrace out, final long mostBytes,
        final TraceTransfer.Limits limits) throws Exception {
        try (ServedDecoder served = decoder.start()) {
            if (!served.awaitReady(READY_LIMIT)) {
                throw new ConvokeException(String.join(" ", served.health().reasons()));
            }
            final List<GenerationRequest> requests = new ArrayList<>();
            for (final PromptFile.Prompt prompt : prompts) {
                requests.add(sampling.request(served, served.tokenizer().encode(prompt.text(), true), prompt.domain(),
                    requests.size()));
            }
            new OfflineRecording(served, requests).run(out, mostBytes, limits);
        }
    }

    private void run(final RecordedTrace out, final long mostBytes, final TraceTransfer.Limits limits)
        throws Exception {
        StopSignal.run(() -> {
            try (OutputStream file = out.create()) {
                out.say("recording " + requests.size() + (requests.size() == 1 ? " prompt" : " prompts")
                    + "; Ctrl-C ends it early");
                record(file, mostBytes, limits);
            } catch (final IOException e) {
                throw out.cannotBeWritten(e);
            }
            out.describe();
            return 0;
        }, () -> requests.forEach(served::cancel));
    }

    private void record(final OutputStream file, final long mostBytes, final TraceTransfer.Limits limits)
        throws IOException, InterruptedException {
        final RoutingRecording recording = served.recorder().tryStart("", mostBytes, () -> 0).orElseThrow();
        final FutureTask<Void> transfer = new FutureTask<>(() -> {
            new TraceTransfer(recording, new StreamDestination(file)).run(limits, System::nanoTime,
                new SleepingMillisIdleStrategy());
            return null;
        });
        Thread.ofVirtual().name("trace").start(transfer);
        try {
            Refusal.submitOrThrow(served, requests);
            for (final GenerationRequest request : requests) {
                await(request.stream(), transfer);
            }
        } finally {
            recording.stop();
            join(transfer);
        }
    }

    /** Returns early if the trace has reached a limit. */
    private static void await(final TokenStream stream, final FutureTask<Void> transfer) throws InterruptedException {
        int seen = 0;
        while (!stream.isFinished() && !transfer.isDone()) {
            seen = stream.awaitBeyond(seen);
        }
        if (stream.error() != null) {
            throw new ConvokeException(stream.error());
        }
    }

    private static void join(final FutureTask<Void> transfer) throws IOException, InterruptedException {
        try {
            transfer.get();
        } catch (final ExecutionException e) {
            switch (e.getCause()) {
                case final IOException failure -> throw failure;
                case final RuntimeException failure -> throw failure;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }
}
