package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.RotaryConfiguration;

/**
 * Rotary settings in both styles of config.json: {@code rope_parameters} (transformers 5), or {@code rope_theta} and
 * {@code rope_scaling} at the top level (before), where the type is written {@code rope_type} or {@code type}.
 */
final class RotaryKeys {
    private static final double MAX_THETA = 1e12;
    private static final double MAX_FACTOR = 1e6;

    private RotaryKeys() {
    }

    static RotaryConfiguration read(final JsonFields config, final double defaultTheta) {
        final double topLevelTheta = config.optionalPositive("rope_theta", MAX_THETA).orElse(defaultTheta);
        refusePartialRotation(config);
        if (config.has("rope_parameters")) {
            final JsonFields parameters = config.object("rope_parameters").orElseThrow();
            return scaled(parameters, parameters.optionalPositive("rope_theta", MAX_THETA).orElse(topLevelTheta));
        }
        return config.object("rope_scaling").map(scaling -> scaled(scaling, topLevelTheta))
            .orElse(new RotaryConfiguration("default", topLevelTheta, 1));
    }

    private static RotaryConfiguration scaled(final JsonFields rope, final double theta) {
        refusePartialRotation(rope);
        final String type = rope.text("rope_type").or(() -> rope.text("type"))
            .orElseThrow(() -> rope.error("rope_type", "is missing; Convoke serves default and linear."));
        return switch (type) {
            case "default" -> new RotaryConfiguration(type, theta, 1);
            case "linear" -> new RotaryConfiguration(type, theta, rope.positive("factor", MAX_FACTOR));
            default -> throw rope.error("rope_type",
                "is '" + type + "', which is not supported; Convoke serves default and linear.");
        };
    }

    private static void refusePartialRotation(final JsonFields fields) {
        if (fields.optionalDecimal("partial_rotary_factor", 0, 1).orElse(1.0) != 1.0) {
            throw fields.error("partial_rotary_factor", "must be 1; this family turns whole heads.");
        }
    }
}
