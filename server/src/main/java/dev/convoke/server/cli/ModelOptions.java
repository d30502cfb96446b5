package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Precision;
import dev.convoke.server.ModelSettings;
import dev.convoke.tensor.BackendSelection;
import dev.convoke.tensor.KernelBackend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.SystemUtil;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that choose the model and what it is computed with. */
public final class ModelOptions {
    private static final String DEFAULT_MODEL = "models/tiny-moe";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--model", paramLabel = "PATH", description = "Checkpoint: a directory in Hugging Face layout or a "
        + "GGUF file; a relative path is looked for here, then beside Convoke. Default: " + DEFAULT_MODEL)
    private String model = DEFAULT_MODEL;

    @Option(names = "--dtype", paramLabel = "TYPE",
        description = "Type of matmul inputs, wire rows and KV: f32 or bf16; or int8: bf16 but for products, which "
            + "take weights and inputs in 8 bits. Default: the checkpoint's own.")
    private String dtype;

    @Option(names = "--backend", paramLabel = "NAME", description = "Kernels: auto, cuda (an NVIDIA GPU, with bits of "
        + "its own), or with the same bits onednn (many rows on the CPU's matrix unit), vector or scalar. "
        + "Default: ${DEFAULT-VALUE}", defaultValue = "auto")
    private String backend;

    @Option(names = "--threads", paramLabel = "N",
        description = "Threads that share a kernel's work. Default: one for each processor.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--device-memory", paramLabel = "SIZE", description = "The most memory of a GPU that weights may "
        + "take, as 60g; experts beyond it are kept in the machine's memory and fetched when they are wanted. "
        + "Default: what is free, less room for rows")
    private String deviceMemory;

    @Option(names = "--expert-memory", paramLabel = "SIZE", description = "The most memory that the experts of a host "
        + "may take, those it is told to load later included, as 60g. Default: what the machine has free")
    private String expertMemory;

    /** What was chosen. */
    public ModelSettings settings() {
        if (threads < 1) {
            throw new ConfigurationException("threads is " + threads + "; choose 1 or more.");
        }
        final List<String> backends = new ArrayList<>(NamedServices.all(KernelBackend.class).keySet());
        backends.addFirst(BackendSelection.AUTO);
        Setting.requireKnown(options, "backend", backend, backends);
        if (dtype != null) {
            Setting.requireKnown(options, "dtype", dtype, Precision.labels());
        }
        return new ModelSettings(located(model), Optional.ofNullable(dtype).map(Precision::named), backend, threads,
            bytes("device-memory", deviceMemory), bytes("expert-memory", expertMemory),
            LoadDisplay.onStandardError("loading weights"));
    }

    private static long bytes(final String name, final String size) {
        if (size == null) {
            return Long.MAX_VALUE;
        }
        final long bytes = LimitOptions.parse(name, size, "a size such as 60g",
            value -> SystemUtil.parseSize(name, value));
        if (bytes < 1) {
            throw new ConfigurationException(name + " is " + size + "; choose more than 0.");
        }
        return bytes;
    }

    /** A model from here, else from the distribution. */
    public static Path located(final String model) {
        final Path here = Path.of(model);
        if (Files.exists(here) || here.isAbsolute()) {
            return here;
        }
        final Path beside = Convoke.home().resolve(model);
        return Files.exists(beside) ? beside : here;
    }
}
