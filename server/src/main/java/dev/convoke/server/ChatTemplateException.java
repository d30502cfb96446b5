package dev.convoke.server;

import dev.convoke.core.ConvokeException;

/** A chat template is damaged, or it refused a conversation; the message says why. */
public class ChatTemplateException extends ConvokeException {
    private static final long serialVersionUID = 1L;

    public ChatTemplateException(final String message) {
        super(message);
    }

    public ChatTemplateException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
