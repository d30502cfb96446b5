package dev.convoke.server.cli;

import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenStream;
import dev.convoke.server.Refusal;
import dev.convoke.server.ServedModel;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Shows answers on the terminal as they come, and what they took. */
final class TerminalAnswer {
    private static final double NS = 1e-9;
    private static final double MS = 1e-6;

    private final ServedModel served;
    private final PrintStream out;
    private final PrintStream statistics;

    /**
     * Prints to streams.
     *
     * @param statistics for a line after each answer; null for none
     */
    TerminalAnswer(final ServedModel served, final PrintStream out, final PrintStream statistics) {
        this.served = served;
        this.out = out;
        this.statistics = statistics;
    }

    /** Submits a request, prints its text until it ends, and returns it. */
    String print(final GenerationRequest request) throws InterruptedException {
        Refusal.submitOrThrow(served, List.of(request));
        final String text = print(request.stream());
        if (request.stream().error() != null) {
            throw new ConvokeException(request.stream().error());
        }
        if (statistics != null) {
            statistics.println(summary(request));
        }
        return text;
    }

    private String print(final TokenStream stream) throws InterruptedException {
        final StreamDecoder decoder = served.tokenizer().streamDecoder(true);
        final StringBuilder text = new StringBuilder();
        int seen = 0;
        while (!(stream.isFinished() && seen == stream.tokens())) {
            final int available = stream.awaitBeyond(seen);
            while (seen < available) {
                show(decoder.append(stream.token(seen++)), text);
            }
            out.flush();
        }
        show(decoder.finish(), text);
        out.println();
        out.flush();
        return text.toString();
    }

    private void show(final String piece, final StringBuilder text) {
        out.print(piece);
        text.append(piece);
    }

    private static String summary(final GenerationRequest request) {
        final TokenStream stream = request.stream();
        final int tokens = stream.tokens();
        final String prompt = request.promptLength() + " prompt tokens";
        if (tokens == 0) {
            return prompt + ", no token sampled";
        }
        final double decodeSeconds = (stream.finishedNs() - stream.firstTokenNs()) * NS;
        final String first = String.format(Locale.ROOT, "%s, first token after %.1f ms", prompt,
            (stream.firstTokenNs() - stream.submittedNs()) * MS);
        return tokens < 2 ? first : String.format(Locale.ROOT, "%s, then %d tokens at %.1f tokens/s", first, tokens - 1,
            (tokens - 1) / decodeSeconds);
    }
}
