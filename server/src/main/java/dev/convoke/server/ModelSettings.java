package dev.convoke.server;

import dev.convoke.checkpoint.LoadProgress;
import dev.convoke.core.Precision;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model a process works on, and what it computes with.
 *
 * @param path        of the checkpoint
 * @param precision   empty takes the checkpoint's own
 * @param backend     of kernels, by name, or {@code auto}
 * @param threads     that share a kernel's work, at least 1
 * @param deviceBytes the most memory of a device that weights may take; CPUs need none
 * @param expertBytes the most memory that the experts of one host may take
 * @param progress    hears how far the weights are loaded
 */
public record ModelSettings(Path path, Optional<Precision> precision, String backend, int threads,
    long deviceBytes, long expertBytes, LoadProgress progress) {

    /** Settings that nobody watches loading. */
    public ModelSettings(final Path path, final Optional<Precision> precision, final String backend,
        final int threads) {
        this(path, precision, backend, threads, Long.MAX_VALUE, Long.MAX_VALUE, LoadProgress.NONE);
    }

    /** The same model, with somebody who hears how far its weights are loaded. */
    public ModelSettings reportingTo(final LoadProgress listener) {
        return new ModelSettings(path, precision, backend, threads, deviceBytes, expertBytes, listener);
    }
}
