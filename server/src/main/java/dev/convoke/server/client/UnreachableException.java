package dev.convoke.server.client;

import dev.convoke.core.ConvokeException;

/** Nobody answers at a server's address, now; the sentence says where. */
public final class UnreachableException extends ConvokeException {
    private static final long serialVersionUID = 1L;

    UnreachableException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
