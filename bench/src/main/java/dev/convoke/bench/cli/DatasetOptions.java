package dev.convoke.bench.cli;

import dev.convoke.bench.serve.Dataset;
import dev.convoke.bench.serve.Tokenization;
import dev.convoke.bench.serve.datasets.PromptFile;
import dev.convoke.bench.serve.datasets.RandomDataset;
import dev.convoke.bench.serve.datasets.TimedTrace;
import dev.convoke.bench.serve.datasets.TokenPool;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.Tokenizer;
import dev.convoke.checkpoint.huggingface.HuggingFaceTokenizer;
import dev.convoke.core.ConfigurationException;
import java.nio.file.Path;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** What is asked. */
final class DatasetOptions {
    private static final int OUTPUT_TOKENS = 128;

    @Option(names = "--dataset-name", defaultValue = "random",
        description = "random, prefix_repetition, custom, shipped, sharegpt or timed_trace (default ${DEFAULT-VALUE}).")
    private String name;

    @Option(names = "--dataset-path", paramLabel = "FILE", description = "The file, for custom, sharegpt and "
        + "timed_trace.")
    private Path path;

    @Option(names = "--num-prompts", paramLabel = "N", defaultValue = "1000",
        description = "Requests (default ${DEFAULT-VALUE}).")
    private int count;

    @Option(names = "--num-warmups", paramLabel = "N", defaultValue = "0",
        description = "Requests before these, which are not measured (default ${DEFAULT-VALUE}).")
    private int warmups;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
        description = "Of prompts and arrivals (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = {"--input-len", "--random-input-len"}, paramLabel = "TOKENS", defaultValue = "1024",
        description = "Prompt length of random (default ${DEFAULT-VALUE}).")
    private int inputTokens;

    @Option(names = {"--output-len", "--random-output-len", "--custom-output-len", "--sharegpt-output-len",
        "--prefix-repetition-output-len"}, paramLabel = "TOKENS",
        description = "Most tokens of an answer where the dataset does not say (default " + OUTPUT_TOKENS + ").")
    private Integer outputTokens;

    @Option(names = "--random-range-ratio", paramLabel = "R", defaultValue = "0",
        description = "Lengths of random are even between 1-R and 1+R times these (default ${DEFAULT-VALUE}).")
    private double rangeRatio;

    @Option(names = "--prefix-repetition-prefix-len", paramLabel = "TOKENS", defaultValue = "256",
        description = "Tokens of a shared beginning (default ${DEFAULT-VALUE}).")
    private int prefixTokens;

    @Option(names = "--prefix-repetition-suffix-len", paramLabel = "TOKENS", defaultValue = "256",
        description = "Tokens after it (default ${DEFAULT-VALUE}).")
    private int suffixTokens;

    @Option(names = "--prefix-repetition-num-prefixes", paramLabel = "N", defaultValue = "10",
        description = "Shared beginnings (default ${DEFAULT-VALUE}).")
    private int prefixes;

    @Option(names = "--domain", defaultValue = "",
        description = "Of shipped prompts: scripture, novel or code (default: all).")
    private String domain;

    @Option(names = "--trace-speed", paramLabel = "N", defaultValue = "1",
        description = "How many times as fast as recorded a timed_trace is replayed (default ${DEFAULT-VALUE}).")
    private double traceSpeed;

    @Option(names = "--disable-shuffle", description = "Take prompts in the order of the file.")
    private boolean inOrder;

    @Option(names = "--prompt-form", paramLabel = "FORM",
        description = "Random tokens as ids or text (default ids, for chats text).")
    private String promptForm;

    @Option(names = "--tokenizer", paramLabel = "DIR",
        description = "Directory of the model's tokenizer (default: ask the server).")
    private Path tokenizer;

    int count() {
        return (int)Choices.requirePositive("--num-prompts", count);
    }

    int warmups() {
        return warmups;
    }

    long seed() {
        return seed;
    }

    /** The dataset's name, for the record. */
    String name() {
        return name;
    }

    String tokenizerName() {
        return tokenizer == null ? "server" : tokenizer.toString();
    }

    Dataset open(final Tokenization server, final boolean chat) {
        Choices.require("--dataset-name", name, "random", "prefix_repetition", "custom", "shipped", "sharegpt",
            "timed_trace");
        final int output = outputTokens == null ? OUTPUT_TOKENS
            : (int)Choices.requirePositive("--output-len", outputTokens);
        return switch (name) {
            case "random" -> new RandomDataset(pool(server, chat), inputTokens, output, rangeRatio);
            case "prefix_repetition" ->
                new RandomDataset.SharedPrefix(pool(server, chat), prefixes, prefixTokens, suffixTokens, output);
            case "custom" -> PromptFile.lines(file(), output, !inOrder);
            case "shipped" -> PromptFile.shipped(shippedPrompts(), domain, output, !inOrder);
            case "sharegpt" -> PromptFile.shareGpt(file(), tokenization(server),
                outputTokens == null ? OptionalInt.empty() : OptionalInt.of(output), !inOrder);
            default -> new TimedTrace(file(), pool(server, chat), Choices.requirePositive("--trace-speed", traceSpeed));
        };
    }

    private Path file() {
        if (path == null) {
            throw new ConfigurationException("--dataset-name " + name + " needs --dataset-path FILE.");
        }
        return path;
    }

    private static Path shippedPrompts() {
        return Path.of(System.getProperty("convoke.home", "."), "models", "tiny-moe", "prompts.json");
    }

    private TokenPool pool(final Tokenization server, final boolean chat) {
        final String form = Choices.require("--prompt-form", promptForm != null ? promptForm : chat ? "text" : "ids",
            "ids", "text");
        return new TokenPool(tokenization(server), PromptFile.shippedText(shippedPrompts()), form.equals("text"));
    }

    private Tokenization tokenization(final Tokenization server) {
        if (tokenizer == null) {
            return server;
        }
        final Tokenizer local = HuggingFaceTokenizer.of(CheckpointFormat.of(tokenizer).tokenizer(tokenizer));
        return new Tokenization() {
            @Override
            public int[] encode(final String text, final boolean addSpecialTokens) {
                return local.encode(text, addSpecialTokens);
            }

            @Override
            public String decode(final int[] ids) {
                return local.decode(ids, false);
            }
        };
    }
}
