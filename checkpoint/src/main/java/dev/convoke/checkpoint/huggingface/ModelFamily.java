package dev.convoke.checkpoint.huggingface;

import dev.convoke.checkpoint.ModelConfiguration;
import dev.convoke.core.ExpertId;

/**
 * What is particular to one {@code model_type}: its keys in config.json and the names of its experts' tensors. A
 * family is one class and one entry in {@link ModelFamilies}.
 */
interface ModelFamily {
    /** As config.json writes it. */
    String modelType();

    /** Reads and checks every key that matters; errors name file and key. */
    ModelConfiguration configuration(JsonFields config);

    /** The tensor that holds an expert's gate projection, [expertWidth, hiddenSize]. */
    String gateTensor(ExpertId expert);

    /** The tensor that holds an expert's up projection, [expertWidth, hiddenSize]. */
    String upTensor(ExpertId expert);

    /** The tensor that holds an expert's down projection, [hiddenSize, expertWidth]. */
    String downTensor(ExpertId expert);
}
