package dev.convoke.checkpoint;

import dev.convoke.core.ConvokeException;

/** A checkpoint is missing something, is damaged or is of a kind Convoke does not serve; names file and tensor. */
public class CheckpointException extends ConvokeException {
    private static final long serialVersionUID = 1L;

    public CheckpointException(final String message) {
        super(message);
    }

    public CheckpointException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
