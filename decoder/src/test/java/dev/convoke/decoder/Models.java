package dev.convoke.decoder;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import java.nio.file.Path;

/** The models that tests run. */
enum Models {
    GOLDEN_MIXTRAL("golden/mixtral"),
    GOLDEN_SLIDING_WINDOW("golden/mixtral-swa"),
    GOLDEN_OLMOE("golden/olmoe"),
    GGUF_MIXTRAL("golden/gguf/mixtral-bf16.gguf", "golden/mixtral"),
    GGUF_OLMOE("golden/gguf/olmoe-bf16.gguf", "golden/olmoe"),
    TINY_MOE("tiny-moe");

    private final String model;
    private final String reference;

    Models(final String model) {
        this(model, model);
    }

    Models(final String model, final String reference) {
        this.model = model;
        this.reference = reference;
    }

    /** The checkpoint. */
    Path path() {
        return root().resolve(model);
    }

    /** What the reference computes from the same weights. */
    Path reference() {
        return root().resolve(reference);
    }

    private static Path root() {
        return Path.of(System.getProperty("convoke.models", "../models"));
    }

    Checkpoint open() {
        return CheckpointFormat.openAny(path());
    }
}
