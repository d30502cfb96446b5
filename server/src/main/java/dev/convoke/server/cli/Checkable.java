package dev.convoke.server.cli;

/** A command whose settings can be checked without running it. */
interface Checkable {
    /** Throws {@link dev.convoke.core.ConfigurationException} if they are wrong or contradict one another. */
    void check();
}
