package dev.convoke.server.cli;

import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.core.ConfigurationException;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.SamplingParameters;
import dev.convoke.server.ModelDefaults;
import dev.convoke.server.Refusal;
import dev.convoke.server.ServedModel;
import java.security.SecureRandom;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How tokens are chosen, and how many. */
public final class SamplingOptions {
    @Option(names = "--max-tokens", paramLabel = "N", description = "Most tokens to add. Default: ${DEFAULT-VALUE}",
        defaultValue = "64")
    private int maxTokens;

    @Option(names = "--temperature", paramLabel = "T", description = "0 takes the most likely token each time. "
        + "Default: the model's, else 1")
    private Float temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Only the K most likely tokens; 0 means all. "
        + "Default: the model's, else all")
    private Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Only the most likely tokens that hold this much "
        + "probability. Default: the model's, else 1")
    private Float topP;

    @Option(names = "--min-p", paramLabel = "P", defaultValue = "0", description = "Only tokens at least this likely, "
        + "measured by the most likely one. Default: ${DEFAULT-VALUE}, all")
    private float minP;

    @Option(names = "--repetition-penalty", paramLabel = "X", defaultValue = "1", description = "Divides the logits of "
        + "tokens that occurred. Default: ${DEFAULT-VALUE}, none")
    private float repetitionPenalty;

    @Option(names = "--presence-penalty", paramLabel = "X", defaultValue = "0", description = "Taken off the logits of "
        + "tokens already sampled. Default: ${DEFAULT-VALUE}")
    private float presencePenalty;

    @Option(names = "--frequency-penalty", paramLabel = "X", defaultValue = "0", description = "Taken off for each "
        + "time a token was sampled. Default: ${DEFAULT-VALUE}")
    private float frequencyPenalty;

    @Option(names = "--seed", paramLabel = "S", description = "Same seed, same text. Default: drawn")
    private Long seed;

    @Option(names = "--ignore-eos", description = "Go on after an end token.")
    private boolean ignoreEnd;

    /**
     * A request to go on from a prompt.
     *
     * @param tokens the prompt's, at least one
     */
    GenerationRequest request(final ServedModel served, final int[] tokens) {
        return request(served, tokens, "", 0);
    }

    /**
     * One of several requests that share a seed and draw apart from each other.
     *
     * @param tokens the prompt's, at least one
     * @param label  of its rows in routing traces
     * @param number among the requests
     */
    GenerationRequest request(final ServedModel served, final int[] tokens, final String label, final int number) {
        if (tokens.length == 0) {
            throw new ConfigurationException("The prompt has no tokens; give some text.");
        }
        final int room = served.maxSequenceTokens() - tokens.length;
        if (room < 1) {
            throw new ConfigurationException(Refusal.promptTooLong(tokens.length, served));
        }
        return GenerationRequest.of(tokens).maxTokens(Math.clamp(maxTokens, 0, room))
            .sampling(sampling(served.generationDefaults()).ofChoice(number)).label(label)
            .endTokens(ModelDefaults.endTokens(served.generationDefaults(), ignoreEnd))
            .build();
    }

    private SamplingParameters sampling(final GenerationDefaults defaults) {
        try {
            final SamplingParameters.Builder sampling = ModelDefaults.sampling(defaults);
            Optional.ofNullable(temperature).ifPresent(sampling::temperature);
            Optional.ofNullable(topK).ifPresent(sampling::topK);
            Optional.ofNullable(topP).ifPresent(sampling::topP);
            return sampling
                .minP(minP).repetitionPenalty(repetitionPenalty).presencePenalty(presencePenalty)
                .frequencyPenalty(frequencyPenalty)
                .seed(seed != null ? seed : new SecureRandom().nextLong()).build();
        } catch (final IllegalArgumentException e) {
            throw new ConfigurationException(e.getMessage() + ".", e);
        }
    }
}
