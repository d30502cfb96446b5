package dev.convoke.core;

/**
 * An error whose message is meant for a person: it names the thing that is wrong and what to do about it, in one
 * sentence. The command line prints the message alone; the stack trace is for {@code --debug}.
 */
public class ConvokeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConvokeException(final String message) {
        super(message);
    }

    public ConvokeException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
