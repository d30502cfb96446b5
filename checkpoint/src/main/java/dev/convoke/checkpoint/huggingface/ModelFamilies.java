package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.CheckpointException;
import dev.convoke.core.NearestName;
import java.util.List;
import java.util.stream.Collectors;

/** The families that can be read. */
final class ModelFamilies {
    private static final List<ModelFamily> ALL = List.of(new MixtralFamily(), new OlmoeFamily());

    private ModelFamilies() {
    }

    /** The family a config.json names. */
    static ModelFamily of(final JsonFields config) {
        final String type = config.text("model_type").orElseThrow(() -> new CheckpointException(config.file()
            + " does not say its 'model_type'; Convoke serves " + supported() + "."));
        return ALL.stream().filter(family -> family.modelType().equals(type)).findFirst()
            .orElseThrow(() -> new CheckpointException(config.file() + ": there is no support for model_type '" + type
                + "'; Convoke serves " + supported()
                + NearestName.hint(type, ALL.stream().map(ModelFamily::modelType).toList()) + "."));
    }

    private static String supported() {
        return ALL.stream().map(ModelFamily::modelType).sorted().collect(Collectors.joining(", "));
    }
}
