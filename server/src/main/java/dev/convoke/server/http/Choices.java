package dev.convoke.server.http;

import dev.convoke.decoder.GenerationRequest;
import dev.convoke.server.Refusal;
import dev.convoke.server.ServedModel;
import java.util.ArrayList;
import java.util.List;

/** Makes the sequences of a request and checks that they fit the model. */
final class Choices {
    private static final int MOST_CHOICES = 512;

    private final ServedModel model;
    private final GenerationOptions options;
    private final Scoring scoring;
    private final String promptField;

    /**
     * For one request.
     *
     * @param promptField what errors call the prompt
     */
    Choices(final ServedModel model, final GenerationOptions options, final Scoring scoring,
        final String promptField) {
        this.model = model;
        this.options = options;
        this.scoring = scoring;
        this.promptField = promptField;
    }

    /**
     * The choices of each prompt in turn.
     *
     * @param defaultMaxTokens where the request says nothing; -1 means until the context ends
     */
    List<Choice> of(final List<Prompt> prompts, final int defaultMaxTokens) {
        if (prompts.size() * options.choices() > MOST_CHOICES) {
            throw ApiException.invalid("n", prompts.size() + " prompts with n " + options.choices() + " make "
                + prompts.size() * options.choices() + " choices; ask for at most " + MOST_CHOICES + ".");
        }
        final List<Choice> choices = new ArrayList<>();
        for (final Prompt whole : prompts) {
            final Prompt prompt = whole.truncated(options.truncatePrompt(), model.tokenizer());
            final int maxTokens = maxTokens(prompt, defaultMaxTokens);
            for (int i = 0; i < options.choices(); i++) {
                choices.add(new Choice(model, choices.size(), prompt, request(prompt, maxTokens, i), options,
                    scoring));
            }
        }
        return choices;
    }

    private int maxTokens(final Prompt prompt, final int defaultMaxTokens) {
        final int most = model.maxSequenceTokens();
        final int promptTokens = prompt.tokens().length;
        if (promptTokens > most || promptTokens == most && options.maxTokens().orElse(1) > 0) {
            throw ApiException.tooLong(promptField, Refusal.promptTooLong(promptTokens, model));
        }
        if (options.maxTokens().isEmpty()) {
            return defaultMaxTokens < 0 ? most - promptTokens : Math.min(defaultMaxTokens, most - promptTokens);
        }
        final int wanted = options.maxTokens().get();
        if (wanted > most - promptTokens) {
            throw ApiException.tooLong("max_tokens", "The prompt has " + promptTokens + " tokens and " + wanted
                + " more are asked for, but this model holds " + most + " of prompt and completion together; ask for "
                + "at most " + (most - promptTokens) + ".");
        }
        return wanted;
    }

    private GenerationRequest request(final Prompt prompt, final int maxTokens, final int choice) {
        return GenerationRequest.of(prompt.tokens()).maxTokens(maxTokens)
            .sampling(options.sampling().ofChoice(choice)).endTokens(options.stops().endTokens(model))
            .topLogprobs(scoring.ranks()).promptLogprobs(scoring.scoresPrompt()).build();
    }
}
