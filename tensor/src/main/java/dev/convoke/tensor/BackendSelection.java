package dev.convoke.tensor;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Precision;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

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
     * Chooses among the registered backends that compute in every precision.
     *
     * @param name of a backend, or {@link #AUTO}
     * @throws ConfigurationException if there is no such backend or it does not work on this machine
     */
    public static BackendSelection of(final String name) {
        return of(name, backend -> Arrays.stream(Precision.values()).map(backend::unsupportedReason)
            .filter(reason -> !reason.isEmpty()).findFirst().orElse(""));
    }

    /** The same among the backends that compute in such precision. */
    public static BackendSelection of(final String name, final Precision precision) {
        final BackendSelection chosen = of(name, backend -> backend.unsupportedReason(precision));
        return precision == Precision.INT8
            ? new BackendSelection(new Int8Backend(chosen.backend), chosen.reason + "; products of 8-bit integers")
            : chosen;
    }

    /** The same among the backends that compute with such operands. */
    public static BackendSelection of(final String name, final DType operand) {
        return of(name, Precision.of(operand));
    }

    private static BackendSelection of(final String name, final Function<KernelBackend, String> unsupported) {
        return AUTO.equals(name) ? best(unsupported) : named(name, unsupported);
    }

    private static BackendSelection named(final String name, final Function<KernelBackend, String> unsupported) {
        final KernelBackend backend = NamedServices.named(KernelBackend.class, name);
        final String reason = unsupported.apply(backend);
        if (!reason.isEmpty()) {
            throw new ConfigurationException("The backend '" + name + "' does not work here: " + reason
                + "; choose another one or '" + AUTO + "'.");
        }
        return new BackendSelection(backend, describe(backend) + "; chosen by name");
    }

    private static BackendSelection best(final Function<KernelBackend, String> unsupported) {
        final List<KernelBackend> ranking = NamedServices.all(KernelBackend.class).values().stream()
            .sorted(Comparator.comparingInt(KernelBackend::preference).reversed())
            .toList();
        final StringBuilder passedOver = new StringBuilder();
        for (final KernelBackend backend : ranking) {
            final String reason = unsupported.apply(backend);
            if (reason.isEmpty()) {
                return new BackendSelection(backend, describe(backend) + "; the best here" + passedOver);
            }
            passedOver.append("; not ").append(backend.name()).append(": ").append(reason);
        }
        throw new ConfigurationException("No kernel backend works here" + passedOver
            + "; put one on the class path.");
    }

    private static String describe(final KernelBackend backend) {
        return backend.description().isEmpty() ? backend.name() : backend.name() + ": " + backend.description();
    }
}
