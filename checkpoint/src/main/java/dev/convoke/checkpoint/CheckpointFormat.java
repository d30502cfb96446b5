package dev.convoke.checkpoint;

import dev.convoke.core.Named;
import dev.convoke.core.NamedServices;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** A way of laying a model on disk. Found through a services file. */
public interface CheckpointFormat extends Named {
    /** The format of what lies at a path; a {@link CheckpointException} lists the known ones where it is none. */
    static CheckpointFormat of(final Path path) {
        final var known = NamedServices.all(CheckpointFormat.class).values();
        return known.stream().filter(format -> format.recognises(path)).findFirst().orElseThrow(() ->
            new CheckpointException((Files.exists(path) ? path + " is no model" : "There is no model " + path)
                + "; name " + known.stream().map(CheckpointFormat::description).collect(Collectors.joining(", or "))
                + "."));
    }

    /** Opens a model of whatever format; a {@link CheckpointException} says what is missing, damaged or unknown. */
    static Checkpoint openAny(final Path path) {
        return of(path).open(path);
    }

    /** What it is, after "name": for example {@code a .gguf file}. */
    String description();

    /** Whether this format should open a path; looks at names, reads nothing. */
    boolean recognises(Path path);

    /**
     * Maps the files and checks what they say of themselves.
     *
     * @throws CheckpointException naming the file, and what in it is missing, damaged or not supported
     */
    Checkpoint open(Path path);

    /**
     * Reads the tokenizer that comes with the model.
     *
     * @throws CheckpointException naming the file, and what in it is missing, damaged or not supported
     */
    TokenizerDefinition tokenizer(Path path);
}
