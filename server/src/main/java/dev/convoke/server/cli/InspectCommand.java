package dev.convoke.server.cli;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.checkpoint.huggingface.HuggingFaceCheckpoint;
import dev.convoke.core.DType;
import dev.convoke.core.ExpertId;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a checkpoint holds. */
@Command(name = "inspect", mixinStandardHelpOptions = true,
    description = "Describes a checkpoint: architecture, sizes, what an expert and a token cost, files.")
final class InspectCommand implements Callable<Integer> {
    private static final String ROW = "%-16s %s%n";

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "Checkpoint directory. Default: models/tiny-moe",
        defaultValue = "models/tiny-moe")
    private String model;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        final PrintWriter out = spec.commandLine().getOut();
        try (Checkpoint checkpoint = HuggingFaceCheckpoint.open(ModelOptions.located(model))) {
            describe(out, checkpoint);
        }
        out.flush();
        return 0;
    }

    private static void describe(final PrintWriter out, final Checkpoint checkpoint) {
        final ModelConfiguration m = checkpoint.configuration();
        final DType stored = checkpoint.expert(new ExpertId(0, 0)).gate().dtype();
        out.printf(ROW, "model", checkpoint.path());
        out.printf(ROW, "architecture", m.modelType());
        out.printf(ROW, "layers", m.layers() + " x hidden " + m.hiddenSize());
        out.printf(ROW, "attention", m.heads() + " query and " + m.kvHeads() + " key-value heads of " + m.headDim()
            + (m.slidingWindow() > 0 ? ", window " + m.slidingWindow() : ""));
        out.printf(ROW, "experts", m.experts() + " a layer of width " + m.expertWidth() + ", top " + m.topK());
        out.printf(ROW, "vocabulary", m.vocabularySize() + (m.tiedEmbeddings() ? ", tied" : ""));
        out.printf(ROW, "positions", m.maxPositions());
        out.printf(ROW, "parameters", count(ModelSizes.parameters(m)) + " in all, "
            + count(ModelSizes.activeParameters(m)) + " active for a token");
        out.printf(ROW, "one expert", bytes(ModelSizes.expertParameters(m) * stored.bytes()) + " as stored ("
            + stored.name().toLowerCase(Locale.ROOT) + ")");
        out.printf(ROW, "KV of a token", bytes(ModelSizes.kvElementsPerToken(m) * DType.BF16.bytes()) + " in bf16, "
            + bytes(ModelSizes.kvElementsPerToken(m) * DType.F32.bytes()) + " in f32");
        out.printf(ROW, "fingerprint", checkpoint.fingerprint());
        String label = "files";
        for (final Path file : files(checkpoint.path())) {
            out.printf(ROW, label, file.getFileName() + ", " + bytes(size(file)));
            label = "";
        }
    }

    private static List<Path> files(final Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long size(final Path file) {
        try {
            return Files.size(file);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String count(final long value) {
        return value < 1_000_000_000 ? "%.1f million".formatted(value / 1e6) : "%.1f billion".formatted(value / 1e9);
    }

    private static String bytes(final long value) {
        return value < 10_000 ? value + " B" : value < 10_000_000 ? "%.1f kB".formatted(value / 1e3)
            : value < 10_000_000_000L ? "%.1f MB".formatted(value / 1e6) : "%.1f GB".formatted(value / 1e9);
    }
}
