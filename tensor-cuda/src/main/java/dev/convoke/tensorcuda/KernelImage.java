package dev.convoke.tensorcuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The kernels as they are shipped: one binary for several architectures, and what a driver must know to load it. */
final class KernelImage {
    /** Oldest CUDA version whose driver loads the binary. */
    static final int DRIVER_VERSION = 13_000;
    /** Oldest compute capability in it. */
    static final int CAPABILITY = 80;

    private static final String RESOURCE = "kernels.fatbin";

    private KernelImage() {
    }

    /** Whether this build carries it. */
    static boolean isPresent() {
        return KernelImage.class.getResource(RESOURCE) != null;
    }

    /** The binary. */
    static byte[] read() {
        try (InputStream stream = KernelImage.class.getResourceAsStream(RESOURCE)) {
            return stream.readAllBytes();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
