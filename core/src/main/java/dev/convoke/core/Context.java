package dev.convoke.core;

/**
 * Base of the settings of one runnable component: setters, then {@link #conclude()} once, which fills defaults and
 * rejects contradictions with both values shown; from then on read only.
 */
public abstract class Context {
    private boolean concluded;

    /** Checks the settings and freezes them. */
    public final void conclude() {
        if (concluded) {
            throw new IllegalStateException(getClass().getSimpleName() + " is already concluded; use a new one");
        }
        validate();
        concluded = true;
    }

    /** Fills defaults and throws {@link ConfigurationException} for what cannot work. */
    protected abstract void validate();

    /** Setters call this first. */
    protected final void checkMutable() {
        if (concluded) {
            throw new IllegalStateException(getClass().getSimpleName() + " is concluded and cannot change");
        }
    }

    /** Throws unless the condition holds. */
    protected static void require(final boolean condition, final String message) {
        if (!condition) {
            throw new ConfigurationException(message);
        }
    }
}
