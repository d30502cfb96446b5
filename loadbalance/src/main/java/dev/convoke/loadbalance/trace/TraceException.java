package dev.convoke.loadbalance.trace;

import dev.convoke.core.ConvokeException;

/** A routing trace is damaged, cut off or of another kind; the message names the trace and the offset in bytes. */
public class TraceException extends ConvokeException {
    private static final long serialVersionUID = 1L;

    public TraceException(final String message) {
        super(message);
    }
}
