package dev.convoke.core;

/** A setting is missing, unknown, out of range or contradicts another one. */
public class ConfigurationException extends ConvokeException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(final String message) {
        super(message);
    }

    public ConfigurationException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
