package dev.convoke.server;

import dev.convoke.checkpoint.GenerationDefaults;
import dev.convoke.decoder.SamplingParameters;

/** What holds where whoever asks says nothing. */
public final class ModelDefaults {
    private static final int[] NONE = {};

    private ModelDefaults() {
    }

    /** Sampling as the model's files recommend it, to be changed. */
    public static SamplingParameters.Builder sampling(final GenerationDefaults defaults) {
        final SamplingParameters.Builder builder = SamplingParameters.builder();
        defaults.temperature().ifPresent(builder::temperature);
        defaults.topK().ifPresent(builder::topK);
        defaults.topP().ifPresent(builder::topP);
        return builder;
    }

    /** The tokens that end a text, unless they are to be sampled through. */
    public static int[] endTokens(final GenerationDefaults defaults, final boolean ignored) {
        return ignored ? NONE : defaults.endTokens().stream().mapToInt(Integer::intValue).toArray();
    }
}
