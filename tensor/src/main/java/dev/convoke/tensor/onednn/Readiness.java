package dev.convoke.tensor.onednn;

import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Whether a kind of product can be used on a machine: every condition, in the order of what it costs to find out.
 *
 * @param platform of which there is a library; empty, or why this is another one
 * @param cpuFlags as Linux names them
 * @param library  loads it; empty, or why it cannot be used
 * @param proof    computes with it; empty, or what is wrong
 */
record Readiness(String platform, Set<String> cpuFlags, Supplier<String> library,
    Function<PanelType, String> proof) {

    /** Empty if products of that type can be used, otherwise the reason why not. */
    String objection(final PanelType type) {
        if (!platform.isEmpty()) {
            return platform;
        }
        final String missing = type.missing(cpuFlags);
        if (!missing.isEmpty()) {
            return missing;
        }
        final String unusable = library.get();
        return unusable.isEmpty() ? proof.apply(type) : unusable;
    }

    /** Empty on the one platform there is a library for. */
    static String platformObjection(final String system, final String architecture) {
        return "Linux".equals(system) && "amd64".equals(architecture) ? ""
            : "it needs Linux on x86-64, and this is " + system + " on " + architecture;
    }
}
