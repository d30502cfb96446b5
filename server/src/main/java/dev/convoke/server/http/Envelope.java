package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.decoder.EntryUse;
import dev.convoke.server.ServedModel;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What surrounds the choices of an answer.
 *
 * @param id             of the answer
 * @param createdSeconds since 1970
 */
record Envelope(String id, long createdSeconds, ServedModel model) {
    /** An answer or a part of one, without choices. */
    ObjectNode open(final String object) {
        final ObjectNode node = Json.object();
        node.put("id", id);
        node.put("object", object);
        node.put("created", createdSeconds);
        node.put("model", model.id());
        node.put("system_fingerprint", model.systemFingerprint());
        node.putArray("choices");
        return node;
    }

    /** Each prompt counts once, however many choices it has. */
    static ObjectNode usage(final List<Choice> choices) {
        final Set<Prompt> prompts = choices.stream().map(Choice::prompt)
            .collect(Collectors.toCollection(() -> java.util.Collections.newSetFromMap(
                new java.util.IdentityHashMap<>())));
        final int promptTokens = prompts.stream().mapToInt(prompt -> prompt.tokens().length).sum();
        final int completionTokens = choices.stream().mapToInt(Choice::tokens).sum();
        final ObjectNode usage = Json.object();
        usage.put("prompt_tokens", promptTokens);
        usage.put("completion_tokens", completionTokens);
        usage.put("total_tokens", promptTokens + completionTokens);
        if (choices.getFirst().tellsOfEntries()) {
            usage.set("moe_details", details(choices.stream().map(choice -> choice.request().stream().entries())
                .toList()));
        }
        return usage;
    }

    /** What became of the experts that rows chose: whether a text may differ from what the model alone would say. */
    private static ObjectNode details(final List<EntryUse> uses) {
        final ObjectNode details = Json.object();
        details.put("entries", uses.stream().mapToLong(EntryUse::entries).sum());
        details.put("rerouted_entries", uses.stream().mapToLong(EntryUse::rerouted).sum());
        details.put("dropped_entries", uses.stream().mapToLong(EntryUse::dropped).sum());
        details.put("other_numerics_entries", uses.stream().mapToLong(EntryUse::otherNumerics).sum());
        return details;
    }
}
