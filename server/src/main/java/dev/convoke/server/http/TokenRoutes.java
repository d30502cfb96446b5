package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.ChatTemplate;
import dev.convoke.server.ServedModel;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** {@code POST /tokenize} and {@code POST /detokenize}. */
final class TokenRoutes {
    private final ApiContext context;
    private final ServedModel model;

    TokenRoutes(final ApiContext context) {
        this.context = context;
        this.model = context.model();
    }

    /** Of a prompt, with the special tokens that a completion has, or of messages. */
    void tokenize(final ServerRequest request, final ServerResponse response) {
        Answers.send(response, 200, tokenize(Json.read(request)));
    }

    ObjectNode tokenize(final RequestFields fields) {
        context.requireModel(fields);
        final boolean chat = fields.has(ChatFields.MESSAGES);
        final String text = chat ? rendered(fields) : fields.text("prompt").orElseThrow(() -> ApiException.invalid(
            "prompt", "'prompt' is missing; give a string, or 'messages'."));
        final int[] tokens = model.tokenizer().encode(text, fields.flag("add_special_tokens", !chat));
        final ObjectNode body = Json.object();
        body.put("count", tokens.length);
        body.put("max_model_len", model.maxSequenceTokens());
        for (final int token : tokens) {
            body.withArray("tokens").add(token);
        }
        if (tokens.length == 0) {
            body.putArray("tokens");
        }
        if (fields.flag("return_token_strs", false)) {
            for (final int token : tokens) {
                body.withArray("token_strs").add(model.tokenizer().token(token));
            }
        }
        return body;
    }

    private String rendered(final RequestFields fields) {
        final ChatTemplate template = model.chatTemplate().orElseThrow(() -> ApiException.malformed(
            "The model '" + model.id() + "' has no chat template; give a 'prompt'."));
        return Conversation.of(fields, template).text();
    }

    /** The text of ids, special tokens included. */
    void detokenize(final ServerRequest request, final ServerResponse response) {
        Answers.send(response, 200, detokenize(Json.read(request)));
    }

    ObjectNode detokenize(final RequestFields fields) {
        context.requireModel(fields);
        if (!fields.has("tokens")) {
            throw ApiException.invalid("tokens", "'tokens' is missing; give an array of token ids.");
        }
        final int[] tokens = fields.ids("tokens", model.vocabularySize(), Integer.MAX_VALUE);
        return Json.object().put("prompt", model.tokenizer().decode(tokens, false));
    }
}
