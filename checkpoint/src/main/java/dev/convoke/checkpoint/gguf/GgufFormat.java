package dev.convoke.checkpoint.gguf;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.TokenizerDefinition;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** One GGUF file, or the first of several that one model was split into. */
public final class GgufFormat implements CheckpointFormat {
    @Override
    public String name() {
        return "gguf";
    }

    @Override
    public String description() {
        return "a .gguf file";
    }

    @Override
    public boolean recognises(final Path path) {
        return path.toString().toLowerCase(Locale.ROOT).endsWith(".gguf") && !Files.isDirectory(path);
    }

    @Override
    public Checkpoint open(final Path path) {
        return GgufCheckpoint.open(path);
    }

    @Override
    public TokenizerDefinition tokenizer(final Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return GgufTokenizer.read(GgufFile.open(path, arena).metadata());
        }
    }
}
