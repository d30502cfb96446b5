package dev.convoke.server.http;

import dev.convoke.server.ModelDefaults;
import dev.convoke.server.ServedModel;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What ends a text before its last allowed token.
 *
 * @param strings         none of them empty
 * @param includeString   whether the text keeps the stop string that ended it
 * @param tokens          that the client gave
 * @param ignoreModelEnds whether the model's own end tokens are sampled through
 * @param minTokens       before these, nothing ends the text
 */
record StopRules(List<String> strings, boolean includeString, int[] tokens, boolean ignoreModelEnds, int minTokens) {
    private static final int MOST_STRINGS = 16;

    /** Reads and checks the fields. */
    static StopRules parse(final RequestFields fields, final ServedModel model, final int minTokens) {
        return new StopRules(fields.texts("stop", MOST_STRINGS), fields.flag("include_stop_str_in_output", false),
            fields.tokenIds("stop_token_ids", model.vocabularySize()), fields.flag("ignore_eos", false), minTokens);
    }

    /** Every token that ends a sequence. */
    int[] endTokens(final ServedModel model) {
        return IntStream.concat(IntStream.of(tokens),
            IntStream.of(ModelDefaults.endTokens(model.generationDefaults(), ignoreModelEnds))).toArray();
    }

    /** Whether the client, not the model, made this token an end. */
    boolean isClientEnd(final int token) {
        return IntStream.of(tokens).anyMatch(end -> end == token);
    }
}
