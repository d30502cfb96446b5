package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.Checkpoint;
import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.checkpoint.CheckpointFormat;
import dev.convoke.checkpoint.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A directory in Hugging Face layout: config.json, safetensors files, tokenizer.json. */
public final class HuggingFaceFormat implements CheckpointFormat {
    private static final long MAX_TOKENIZER_BYTES = 512L << 20;

    @Override
    public String name() {
        return "huggingface";
    }

    @Override
    public String description() {
        return "a directory that holds config.json, tokenizer.json and model.safetensors";
    }

    @Override
    public boolean recognises(final Path path) {
        return Files.isDirectory(path);
    }

    @Override
    public Checkpoint open(final Path path) {
        return HuggingFaceCheckpoint.open(path);
    }

    @Override
    public TokenizerDefinition tokenizer(final Path path) {
        final Path file = path.resolve("tokenizer.json");
        return new TokenizerDefinition(file, bytes(file), TokenizerKeys.read(path));
    }

    private static byte[] bytes(final Path file) {
        try {
            if (Files.size(file) > MAX_TOKENIZER_BYTES) {
                throw new CheckpointException(file + " is larger than " + (MAX_TOKENIZER_BYTES >> 20)
                    + " MiB, which no tokenizer is; download it again.");
            }
            return Files.readAllBytes(file);
        } catch (final NoSuchFileException e) {
            throw new CheckpointException("There is no " + file + "; Convoke reads the tokenizers library's format, so "
                + "download that file too, or convert the model's own tokenizer to it.", e);
        } catch (final IOException e) {
            throw JsonFields.unreadable(file, e);
        }
    }
}
