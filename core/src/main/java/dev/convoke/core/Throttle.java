package dev.convoke.core;

/** Holds back what is long and can wait, for the sake of what cannot. */
@FunctionalInterface
public interface Throttle {
    /** Holds nothing back. */
    Throttle NONE = () -> { };

    /** A small portion is done; returns when it is time for the next one. On the thread that does the work. */
    void onPortion();
}
