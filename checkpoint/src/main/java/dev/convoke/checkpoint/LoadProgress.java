package dev.convoke.checkpoint;

/**
 * Hears how far the loading of weights has come, of a decoder's and of its experts' alike. Called on whichever threads
 * pack, also at the same time, a few times for each layer: an implementation adds up without waiting for anybody.
 */
@FunctionalInterface
public interface LoadProgress {
    /** Hears nothing. */
    LoadProgress NONE = bytes -> { };

    /**
     * So much will be packed by this process; called once, before the first {@link #onPacked}.
     *
     * @param bytes of weights as they are computed with, padding aside
     */
    default void onExpected(final long bytes) {
    }

    /**
     * So much more is packed. In the end these add up to what was expected.
     *
     * @param bytes of weights as they are computed with, padding aside
     */
    void onPacked(long bytes);
}
