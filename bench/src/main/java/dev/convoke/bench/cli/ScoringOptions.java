package dev.convoke.bench.cli;

import dev.convoke.bench.quality.Passages;
import dev.convoke.core.Precision;
import dev.convoke.server.ModelSettings;
import dev.convoke.server.cli.ModelOptions;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which texts are scored, and with which kernels. */
final class ScoringOptions {
    @Option(names = "--passages", paramLabel = "FILE", defaultValue = "models/tiny-moe/reference.json",
        description = "JSON whose 'passages' have 'token_ids'. Default: ${DEFAULT-VALUE}")
    private String passages;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
        description = "Kernels, as 'serve' takes them. Default: ${DEFAULT-VALUE}")
    private String backend;

    @Option(names = "--threads", paramLabel = "N",
        description = "Threads that share a kernel's work. Default: one for each processor.")
    private int threads = Runtime.getRuntime().availableProcessors();

    /** Throws if one is wrong. */
    void check() {
        RepetitionOptions.atLeastOne("--threads", threads);
    }

    Passages passages() {
        return Passages.read(ModelOptions.located(passages));
    }

    /** To load a checkpoint with, in a type of its own unless another is given. */
    ModelSettings model(final String path, final Optional<Precision> precision) {
        return new ModelSettings(ModelOptions.located(path), precision, backend, threads);
    }

    String backend() {
        return backend;
    }

    int threads() {
        return threads;
    }
}
