package dev.convoke.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.TokenStream;
import dev.convoke.server.ServedModel;

/**
 * One sequence of an answer, followed from its first token to its end: ids become text, stop strings end it. Belongs
 * to the thread that follows it; others read it afterwards.
 */
final class Choice {
    private static final String STOP = "stop";
    private static final String LENGTH = "length";

    private final int index;
    private final Prompt prompt;
    private final GenerationRequest request;
    private final ServedModel model;
    private final StreamDecoder decoder;
    private final StopStrings stops;
    private final StopRules rules;
    private final Scoring scoring;
    private final StringBuilder text = new StringBuilder();
    private int tokens;
    private String finishReason;

    /** Takes what has become certain with each token. */
    @FunctionalInterface
    interface Listener {
        void onDelta(Choice choice, Delta delta);
    }

    /**
     * A step forward.
     *
     * @param text         may be empty, where a character or a stop string is undecided
     * @param fromToken    first token that is new
     * @param toToken      after the last that is new
     * @param finishReason null unless this is the last one
     */
    record Delta(String text, int fromToken, int toToken, String finishReason) {
    }

    Choice(final ServedModel model, final int index, final Prompt prompt, final GenerationRequest request,
        final GenerationOptions options, final Scoring scoring) {
        this.model = model;
        this.index = index;
        this.prompt = prompt;
        this.request = request;
        this.decoder = model.tokenizer().streamDecoder(options.skipSpecialTokens());
        this.rules = options.stops();
        this.stops = new StopStrings(rules.strings(), rules.includeString());
        this.scoring = scoring;
    }

    /** Waits for tokens until the sequence ends. Ends it at the decoder where a stop string ends the text. */
    void follow(final Listener listener) throws InterruptedException {
        final TokenStream stream = request.stream();
        while (finishReason == null) {
            final int available = stream.awaitBeyond(tokens);
            if (available == tokens) {
                finishReason = reasonOf(stream);
                step(listener, tail(), tokens);
            }
            while (tokens < available && finishReason == null) {
                accept(stream, listener);
            }
        }
    }

    private void accept(final TokenStream stream, final Listener listener) throws InterruptedException {
        final int id = stream.token(tokens++);
        final String decoded = decoder.append(id);
        String piece = tokens > rules.minTokens() ? stops.append(decoded) : stops.pass(decoded);
        if (!stops.isFound() && isLast(id)) {
            stream.awaitFinish();
            finishReason = reasonOf(stream);
            piece += tail();
        }
        if (stops.isFound()) {
            model.cancel(request);
            finishReason = STOP;
        }
        step(listener, piece, tokens - 1);
    }

    private void step(final Listener listener, final String piece, final int fromToken) {
        text.append(piece);
        listener.onDelta(this, new Delta(piece, fromToken, tokens, finishReason));
    }

    private boolean isLast(final int id) {
        return tokens == request.maxTokens() || rules.isClientEnd(id)
            || !rules.ignoreModelEnds() && model.generationDefaults().endTokens().contains(id);
    }

    /** The stop string, or the client's token, that ended the text; null if nothing of the kind did. */
    JsonNode stopReason() {
        if (stops.isFound()) {
            return JsonNodeFactory.instance.textNode(stops.found());
        }
        final boolean byToken = STOP.equals(finishReason) && tokens > 0 && rules.isClientEnd(token(tokens - 1));
        return byToken ? JsonNodeFactory.instance.numberNode(token(tokens - 1)) : JsonNodeFactory.instance.nullNode();
    }

    private String tail() {
        return stops.append(decoder.finish()) + stops.finish();
    }

    private static String reasonOf(final TokenStream stream) {
        return switch (stream.finishReason()) {
            case STOP -> STOP;
            case LENGTH -> LENGTH;
            case CANCELLED -> throw ApiException.notReady("The request was cancelled before it was complete.");
            case UNAVAILABLE -> throw ApiException.notReady(stream.error());
            case ERROR -> throw ApiException.failed(stream.error());
            case REFUSED -> throw ApiException.malformed(stream.error());
        };
    }

    /** Ends the sequence early; by any thread. */
    void cancel() {
        if (request.stream().finishReason() == null) {
            model.cancel(request);
        }
    }

    int index() {
        return index;
    }

    Prompt prompt() {
        return prompt;
    }

    Scoring scoring() {
        return scoring;
    }

    GenerationRequest request() {
        return request;
    }

    String text() {
        return text.toString();
    }

    /** Whether experts may be left out of its rows' sums, or give other bits than the decoder's numerics. */
    boolean tellsOfEntries() {
        return model.capacity().policy().drops() || !model.numerics().others().isEmpty();
    }

    /** Tokens up to the one that ended the sequence. */
    int tokens() {
        return tokens;
    }

    int token(final int position) {
        return request.stream().token(position);
    }

    /** How it ended in the words of the metrics. */
    String outcome() {
        return finishReason != null ? finishReason
            : request.stream().error() != null ? "error" : "abort";
    }

    String finishReason() {
        return finishReason;
    }
}
