package dev.convoke.decoder;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.huggingface.HuggingFaceCheckpoint;
import java.nio.file.Path;

/** The models that tests run. */
enum Models {
    GOLDEN_MIXTRAL("golden/mixtral"),
    GOLDEN_SLIDING_WINDOW("golden/mixtral-swa"),
    TINY_MOE("tiny-moe");

    private final String folder;

    Models(final String folder) {
        this.folder = folder;
    }

    Path path() {
        return Path.of(System.getProperty("convoke.models", "../models")).resolve(folder);
    }

    Checkpoint open() {
        return HuggingFaceCheckpoint.open(path());
    }
}
