package dev.convoke.server.cli;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.gguf.GgufConversion;
import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.tensor.WorkerPool;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model as a GGUF file with smaller weights. */
@Command(name = "quantize", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Writes a checkpoint as one GGUF file whose matrices are of the type asked for. Norms and routers "
        + "stay f32, the embedding bf16, the head at least q8_0. llama.cpp loads the file, too.")
final class QuantizeCommand implements Callable<Integer> {
    private static final List<String> TYPES = List.of("f32", "bf16", "q8_0", "q4_0");

    @Parameters(index = "0", paramLabel = "MODEL", description = "Checkpoint, a directory or a GGUF file.")
    private String model;

    @Parameters(index = "1", paramLabel = "OUT.gguf", description = "File to write; it must not exist yet.")
    private Path out;

    @Option(names = "--type", paramLabel = "TYPE", required = true,
        description = "Of the matrices: f32, bf16, q8_0 (8.5 bits a weight) or q4_0 (4.5 bits).")
    private String type;

    @Option(names = "--threads", paramLabel = "N",
        description = "Threads that share the work. Default: one for each processor.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        final DType weights = checked();
        final Path source = ModelOptions.located(model);
        try (Checkpoint checkpoint = CheckpointFormat.openAny(source);
            WorkerPool pool = new WorkerPool("quantize", threads)) {
            final GgufConversion conversion = new GgufConversion(checkpoint, CheckpointFormat.of(source)
                .tokenizer(source), weights);
            conversion.write(out, pool, LoadDisplay.onStandardError("writing weights"));
            print(checkpoint, conversion);
        }
        return 0;
    }

    private DType checked() {
        if (threads < 1) {
            throw new ConfigurationException("threads is " + threads + "; choose 1 or more.");
        }
        Setting.requireKnown(spec, "type", type, TYPES);
        if (!out.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
            throw new ConfigurationException(out + " does not end with .gguf, so that no reader would take it for a "
                + "GGUF file; name it so.");
        }
        if (Files.exists(out)) {
            throw new ConfigurationException(out + " exists; remove it or name another file.");
        }
        return DType.valueOf(type.toUpperCase(Locale.ROOT));
    }

    private void print(final Checkpoint checkpoint, final GgufConversion conversion) {
        final PrintWriter to = spec.commandLine().getOut();
        to.printf(Locale.ROOT, "%s: %.1f MB, %.2f bits a weight%n", out, conversion.fileBytes() * 1e-6,
            8.0 * conversion.fileBytes() / ModelSizes.parameters(checkpoint.configuration()));
        conversion.bytesByType().forEach((dtype, bytes) ->
            to.printf(Locale.ROOT, "  %-5s %10.1f MB%n", dtype.name().toLowerCase(Locale.ROOT), bytes * 1e-6));
        to.flush();
    }
}
