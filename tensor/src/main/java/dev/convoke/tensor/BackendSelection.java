package dev.convoke.tensor;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.DType;
import dev.convoke.core.NamedServices;
import dev.convoke.core.Precision;
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
     * Chooses among the registered backends.
     *
     * @param name of a backend, or {@link #AUTO}
     * @throws ConfigurationException if there is no such backend or it does not work on this machine
     */
    public static BackendSelection of(final String name) {
        return of(name, backend -> "");
    }

    /** The same among the backends that compute in such precision. */
    public static BackendSelection of(final String name, final Precision precision) {
        final BackendSelection chosen = of(name, backend -> offers(backend, precision) ? ""
            : "it does not compute in " + precision.label());
        return precision == Precision.INT8
            ? new BackendSelection(new Int8Backend(chosen.backend), chosen.reason + "; products of 8-bit integers")
            : chosen;
    }

    /** The same among the backends that compute with such operands. */
    public static BackendSelection of(final String name, final DType operand) {
        return of(name, Precision.of(operand));
    }

    private static boolean offers(final KernelBackend backend, final Precision precision) {
        return backend.takes(precision.operand())
            && (precision != Precision.INT8 || backend.int8Products().isPresent());
    }

    private static BackendSelection of(final String name, final Function<KernelBackend, String> objection) {
        return AUTO.equals(name) ? best(objection) : named(name, objection);
    }

    private static BackendSelection named(final String name, final Function<KernelBackend, String> objection) {
        final KernelBackend backend = NamedServices.named(KernelBackend.class, name);
        final String unsupported = unsupported(backend, objection);
        if (!unsupported.isEmpty()) {
            throw new ConfigurationException("The backend '" + name + "' does not work here: " + unsupported
                + "; choose another one or '" + AUTO + "'.");
        }
        return new BackendSelection(backend, reason(backend) + "; chosen by name");
    }

    private static BackendSelection best(final Function<KernelBackend, String> objection) {
        final List<KernelBackend> ranking = NamedServices.all(KernelBackend.class).values().stream()
            .sorted(Comparator.comparingInt(KernelBackend::preference).reversed())
            .toList();
        final StringBuilder passedOver = new StringBuilder();
        for (final KernelBackend backend : ranking) {
            final String unsupported = unsupported(backend, objection);
            if (unsupported.isEmpty()) {
                return new BackendSelection(backend, reason(backend) + "; the best here" + passedOver);
            }
            passedOver.append("; not ").append(backend.name()).append(": ").append(unsupported);
        }
        throw new ConfigurationException("No kernel backend works here" + passedOver
            + "; put one on the class path.");
    }

    /** The operands first: that can be told without touching a device. */
    private static String unsupported(final KernelBackend backend, final Function<KernelBackend, String> objection) {
        final String objected = objection.apply(backend);
        return objected.isEmpty() ? backend.unsupportedReason() : objected;
    }

    private static String reason(final KernelBackend backend) {
        return backend.description().isEmpty() ? backend.name() : backend.name() + ": " + backend.description();
    }
}
