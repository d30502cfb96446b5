package dev.convoke.server.http;

import dev.convoke.server.ServedModel;
import java.util.function.LongSupplier;

/**
 * What the endpoints share.
 *
 * @param randoms    64 random bits at each call, for seeds; thread-safe
 * @param tellsTimes whether answers say how long they took
 */
record ApiContext(ServedModel model, Logprobs logprobs, LongSupplier randoms, boolean tellsTimes) {
    /** 404 unless the request means the served model; one that names none does. */
    void requireModel(final RequestFields fields) {
        fields.text("model").filter(name -> !name.equals(model.id())).ifPresent(name -> {
            throw ApiException.unknownModel(name, model.id());
        });
    }

    GenerationOptions options(final RequestFields fields) {
        return GenerationOptions.parse(fields, model, randoms);
    }

    /** Of a new answer. */
    Envelope envelope(final String id) {
        return new Envelope(id, System.currentTimeMillis() / 1000, model);
    }
}
