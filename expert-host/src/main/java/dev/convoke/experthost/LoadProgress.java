package dev.convoke.experthost;

/** Hears how far loading has come; called on the loading thread after each expert. */
@FunctionalInterface
public interface LoadProgress {
    /** Hears nothing. */
    LoadProgress NONE = (experts, totalExperts, bytes, totalBytes) -> { };

    /**
     * One more expert is packed.
     *
     * @param experts    packed so far
     * @param totalExperts to pack
     * @param bytes      of weights in the operand type packed so far, padding aside
     * @param totalBytes of weights in the operand type to pack, padding aside
     */
    void onExpert(int experts, int totalExperts, long bytes, long totalBytes);
}
