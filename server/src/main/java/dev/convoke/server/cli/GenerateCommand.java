package dev.convoke.server.cli;

import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.checkpoint.StreamDecoder;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.decoder.Admission;
import dev.convoke.decoder.GenerationRequest;
import dev.convoke.decoder.SamplingParameters;
import dev.convoke.decoder.TokenStream;
import dev.convoke.server.ModelDefaults;
import dev.convoke.server.Refusal;
import dev.convoke.server.deployment.ServedDecoder;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** One completion on the terminal. */
@Command(name = "generate", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Continues a prompt and prints the text as it comes.")
final class GenerateCommand implements Callable<Integer> {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "Text to continue; read from standard input if "
        + "it is not given.")
    private String prompt;

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

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public Integer call() throws InterruptedException {
        Logging.quiet();
        final String text = prompt == null ? standardInput() : prompt;
        try (ServedDecoder served = decoder.start()) {
            if (!served.awaitReady(READY_LIMIT)) {
                throw new ConvokeException(String.join(" ", served.health().reasons()));
            }
            final GenerationRequest request = request(served, text);
            final Admission admission = served.submit(List.of(request));
            if (admission != Admission.ACCEPTED) {
                throw new ConvokeException(Refusal.of(admission, served, List.of(request)).message());
            }
            print(request.stream(), served.tokenizer().streamDecoder(true));
        }
        return 0;
    }

    private static String standardInput() {
        try {
            return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private GenerationRequest request(final ServedDecoder served, final String text) {
        final int[] tokens = served.tokenizer().encode(text, true);
        if (tokens.length == 0) {
            throw new ConfigurationException("The prompt has no tokens; give some text.");
        }
        final int room = served.maxSequenceTokens() - tokens.length;
        if (room < 1) {
            throw new ConfigurationException(Refusal.promptTooLong(tokens.length, served));
        }
        return GenerationRequest.of(tokens).maxTokens(Math.clamp(maxTokens, 0, room))
            .sampling(sampling(served.generationDefaults()))
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

    private static void print(final TokenStream stream, final StreamDecoder text) throws InterruptedException {
        final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        int seen = 0;
        while (!(stream.isFinished() && seen == stream.tokens())) {
            final int available = stream.awaitBeyond(seen);
            while (seen < available) {
                out.print(text.append(stream.token(seen++)));
            }
            out.flush();
        }
        out.println(text.finish());
        out.flush();
        if (stream.error() != null) {
            throw new ConvokeException(stream.error());
        }
    }
}
