package dev.convoke.tensor;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.NamedServices;
import java.util.Comparator;
import java.util.List;

/**
 * The backend a process computes with, and why.
 *
 * @param backend works on this machine
 * @param reason  for the log, for example {@code vector: 512-bit}
 */
public record BackendSelection(KernelBackend backend, String reason) {
    /** Asks for the supported backend with the highest {@link KernelBackend#preference}. */
    public static final String AUTO = "auto";

    /**
     * Chooses among the registered backends.
     *
     * @param name of a backend, or {@link #AUTO}
     * @throws ConfigurationException if there is no such backend or it does not work on this machine
     */
    public static BackendSelection of(final String name) {
        return AUTO.equals(name) ? best() : named(name);
    }

    private static BackendSelection named(final String name) {
        final KernelBackend backend = NamedServices.named(KernelBackend.class, name);
        final String unsupported = backend.unsupportedReason();
        if (!unsupported.isEmpty()) {
            throw new ConfigurationException("The backend '" + name + "' does not work here: " + unsupported
                + "; choose another one or '" + AUTO + "'.");
        }
        return new BackendSelection(backend, reason(backend) + "; chosen by name");
    }

    private static BackendSelection best() {
        final List<KernelBackend> ranking = NamedServices.all(KernelBackend.class).values().stream()
            .sorted(Comparator.comparingInt(KernelBackend::preference).reversed())
            .toList();
        final StringBuilder passedOver = new StringBuilder();
        for (final KernelBackend backend : ranking) {
            final String unsupported = backend.unsupportedReason();
            if (unsupported.isEmpty()) {
                return new BackendSelection(backend, reason(backend) + "; the best here" + passedOver);
            }
            passedOver.append("; not ").append(backend.name()).append(": ").append(unsupported);
        }
        throw new ConfigurationException("No kernel backend works here" + passedOver
            + "; put one on the class path.");
    }

    private static String reason(final KernelBackend backend) {
        return backend.description().isEmpty() ? backend.name() : backend.name() + ": " + backend.description();
    }
}
