package dev.convoke.checkpoint;

import java.nio.file.Path;

/**
 * A tokenizer as it comes with a checkpoint, not yet running.
 *
 * @param file     where it lies, for messages
 * @param json     in the format of Hugging Face's tokenizers library
 * @param settings what is said of it beside that
 */
public record TokenizerDefinition(Path file, byte[] json, TokenizerSettings settings) {
}
