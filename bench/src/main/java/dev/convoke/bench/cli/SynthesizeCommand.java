package dev.convoke.bench.cli;

import dev.convoke.bench.synthetic.Shape;
import dev.convoke.bench.synthetic.SyntheticCheckpoint;
import dev.convoke.core.ConvokeException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a checkpoint of a known shape, or of a few layers of it, with random weights. */
@Command(name = "synthesize", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Writes a checkpoint with random bf16 weights in the shape of a model, or of a few of its layers.")
public final class SynthesizeCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Where to write it.")
    private Path directory;

    @Option(names = "--shape", paramLabel = "NAME", defaultValue = "mixtral-8x7b",
        description = "mixtral-8x7b, mixtral-8x22b, olmoe-1b-7b or tiny-moe. Default: ${DEFAULT-VALUE}")
    private String shape;

    @Option(names = "--layers", paramLabel = "N", description = "Default: those of the shape.")
    private Integer layers;

    @Option(names = "--vocabulary", paramLabel = "N", description = "Tokens, at least 258; a small number keeps "
        + "embedding and head from outweighing a few layers. Default: those of the shape.")
    private Integer vocabulary;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "1",
        description = "Same seed, same weights. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws ConvokeException {
        final Shape named = Shape.named(shape);
        final Shape tall = layers == null ? named : named.withLayers(layers);
        final SyntheticCheckpoint checkpoint =
            new SyntheticCheckpoint(vocabulary == null ? tall : tall.withVocabulary(vocabulary), seed);
        checkpoint.write(directory);
        final PrintWriter out = spec.commandLine().getOut();
        out.printf("%s: %d layers in the shape of %s, %.2f GB of random weights, seed %d%n", directory,
            layers == null ? named.layers() : layers, shape, checkpoint.bytes() / 1e9, seed);
        out.flush();
        return 0;
    }
}
