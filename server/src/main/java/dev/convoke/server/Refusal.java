package dev.convoke.server;

import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import java.util.Comparator;
import java.util.List;

/**
 * Why the decoder took none of the sequences that were submitted together.
 *
 * @param admission never {@link Admission#ACCEPTED}
 * @param message   one sentence for whoever asked
 */
public record Refusal(Admission admission, String message) {
    /** In words. */
    public static Refusal of(final Admission admission, final ServedModel model,
        final List<GenerationRequest> requests) {
        return new Refusal(admission, sentence(admission, model, requests));
    }

    /**
     * Submits sequences together.
     *
     * @throws ConvokeException with the sentence, unless they were accepted
     */
    public static void submitOrThrow(final ServedModel model, final List<GenerationRequest> requests) {
        final Admission admission = model.submit(requests);
        if (admission != Admission.ACCEPTED) {
            throw new ConvokeException(of(admission, model, requests).message());
        }
    }

    private static String sentence(final Admission admission, final ServedModel model,
        final List<GenerationRequest> requests) {
        return switch (admission) {
            case QUEUE_FULL -> "As many requests are waiting as this server allows; try again in a moment.";
            case TOO_LONG -> tooLong(requests.stream().max(Comparator.comparingInt(
                request -> request.promptLength() + request.maxTokens())).orElseThrow());
            case UNKNOWN_TOKEN -> "The prompt or the sampling parameters hold a token id that the model lacks; ids are "
                + "0 to " + (model.vocabularySize() - 1) + ".";
            case NOT_READY -> String.join(" ", model.health().reasons());
            case ACCEPTED -> throw new IllegalArgumentException("accepted is no refusal");
        };
    }

    private static String tooLong(final GenerationRequest longest) {
        return "The prompt has " + longest.promptLength() + " tokens and " + longest.maxTokens() + " more are asked "
            + "for, which does not fit into the key-value cache; ask for less.";
    }

    /** Of a prompt that leaves no room for an answer, whatever the cache holds. */
    public static String promptTooLong(final int promptTokens, final ServedModel model) {
        return "The prompt has " + promptTokens + " tokens, but this model holds " + model.maxSequenceTokens()
            + " of prompt and completion together; shorten the prompt.";
    }
}
