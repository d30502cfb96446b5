package dev.convoke.tensor.vector;

import dev.convoke.core.ConfigurationException;
import jdk.incubator.vector.VectorShape;

/** How wide the vectors are: what the CPU prefers, unless {@value #PROPERTY} says 128, 256 or 512. */
final class VectorWidth {
    /** System property that forces a width in bits. */
    static final String PROPERTY = "convoke.vector.bits";
    private static final String MODULE = "jdk.incubator.vector";
    private static final int NARROWEST_BITS = 128;

    private VectorWidth() {
    }

    /** Empty if vectors of the asked width work here. An invalid property is an error. */
    static String unsupportedReason() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            return "the JVM runs without --add-modules=" + MODULE;
        }
        final int forced = forcedBits();
        final int preferred = preferredBits();
        if (preferred < NARROWEST_BITS) {
            return "this CPU's vectors have " + preferred + " bits, fewer than " + NARROWEST_BITS;
        }
        if (forced > preferred) {
            return PROPERTY + " asks for " + forced + " bits but this CPU's vectors have " + preferred;
        }
        return "";
    }

    /** The width in use. */
    static int bits() {
        final int forced = forcedBits();
        return forced == 0 ? preferredBits() : forced;
    }

    /** For logs. */
    static String description() {
        return bits() + "-bit" + (forcedBits() == 0 ? "" : " (set by " + PROPERTY + ")");
    }

    private static int forcedBits() {
        final String value = System.getProperty(PROPERTY, "");
        return switch (value) {
            case "" -> 0;
            case "128", "256", "512" -> Integer.parseInt(value);
            default -> throw new ConfigurationException(
                "There is no vector width '" + value + "'; set " + PROPERTY + " to 128, 256 or 512, or leave it out.");
        };
    }

    private static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }
}
