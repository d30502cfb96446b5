package dev.convoke.decoder;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.DType;
import dev.convoke.core.NumericsId;
import dev.convoke.routing.RoutedModel;
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

    /** What a decoder of it and its expert hosts agree on. */
    RoutedModel routed(final DType dtype) {
        try (Checkpoint checkpoint = open()) {
            final ModelConfiguration model = checkpoint.configuration();
            return new RoutedModel(checkpoint.fingerprint(), NumericsId.CANONICAL_1, dtype, model.layers(),
                model.experts(), model.topK(), model.hiddenSize());
        }
    }
}
