package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import dev.convoke.server.deployment.ServedDecoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Completions and conversations on the terminal. */
@Command(name = "generate", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Continues a prompt, or talks, and prints the text as it comes.")
final class GenerateCommand implements Callable<Integer>, Checkable {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);

    @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "Text to continue; read from standard input if "
        + "it is not given.")
    private String prompt;

    @Option(names = "--interactive", description = "Chat: each line typed is a message; /reset starts over, /exit "
        + "ends.")
    private boolean interactive;

    @Option(names = "--stats", description = "Say on standard error how long an answer took.")
    private boolean statistics;

    @Mixin
    private SamplingOptions sampling = new SamplingOptions();

    @Mixin
    private DecoderOptions decoder = new DecoderOptions();

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    public void check() {
        decoder.check();
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Logging.quiet();
        if (interactive && prompt != null) {
            throw new ConfigurationException("interactive is on but a prompt '" + prompt + "' is given; leave one of "
                + "them out.");
        }
        final String text = interactive || prompt != null ? prompt : standardInput();
        try (ServedDecoder served = decoder.start()) {
            if (!served.awaitReady(READY_LIMIT)) {
                throw new ConvokeException(String.join(" ", served.health().reasons()));
            }
            final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
            final TerminalAnswer answer = new TerminalAnswer(served, out, statistics ? System.err : null);
            if (interactive) {
                new Conversation(served, sampling).run(new BufferedReader(new InputStreamReader(System.in,
                    StandardCharsets.UTF_8)), out, answer);
            } else {
                answer.print(sampling.request(served, served.tokenizer().encode(text, true)));
            }
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
}
