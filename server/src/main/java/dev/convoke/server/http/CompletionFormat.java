package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.decoder.GenerationRequest;
import java.util.List;
import java.util.Optional;

/** {@code text_completion}, whole and streamed. */
final class CompletionFormat implements AnswerFormat {
    private static final String OBJECT = "text_completion";

    private final Envelope envelope;
    private final Logprobs logprobs;
    private final boolean echo;
    private final boolean returnTokenIds;
    private final int[] characters;

    /** For so many choices. */
    CompletionFormat(final Envelope envelope, final Logprobs logprobs, final boolean echo,
        final boolean returnTokenIds, final int choices) {
        this.envelope = envelope;
        this.logprobs = logprobs;
        this.echo = echo;
        this.returnTokenIds = returnTokenIds;
        this.characters = new int[choices];
    }

    @Override
    public ObjectNode whole(final List<Choice> choices) {
        final ObjectNode answer = envelope.open(OBJECT);
        for (final Choice choice : choices) {
            final ObjectNode node = choiceNode(answer, choice);
            node.put("text", echo ? choice.prompt().text() + choice.text() : choice.text());
            putLogprobs(node, choice, echo, 0, choice.tokens());
            node.put("finish_reason", choice.finishReason());
            node.set("stop_reason", choice.stopReason());
            if (choice.scoring().wantsPrompt()) {
                node.set("prompt_logprobs", logprobs.prompt(choice));
            }
            putIds(node, choice, true, 0, choice.tokens());
        }
        return answer;
    }

    @Override
    public Optional<ObjectNode> opening(final Choice choice) {
        if (!echo) {
            return Optional.empty();
        }
        final ObjectNode part = envelope.open(OBJECT);
        final ObjectNode node = choiceNode(part, choice);
        node.put("text", choice.prompt().text());
        putLogprobs(node, choice, true, 0, 0);
        node.putNull("finish_reason");
        putIds(node, choice, true, 0, 0);
        return Optional.of(part);
    }

    @Override
    public ObjectNode part(final Choice choice, final Choice.Delta delta) {
        final ObjectNode part = envelope.open(OBJECT);
        final ObjectNode node = choiceNode(part, choice);
        node.put("text", delta.text());
        putLogprobs(node, choice, false, delta.fromToken(), delta.toToken());
        node.put("finish_reason", delta.finishReason());
        if (delta.finishReason() != null) {
            node.set("stop_reason", choice.stopReason());
        }
        putIds(node, choice, !echo && delta.fromToken() == 0, delta.fromToken(), delta.toToken());
        return part;
    }

    @Override
    public ObjectNode empty() {
        return envelope.open(OBJECT);
    }

    private static ObjectNode choiceNode(final ObjectNode answer, final Choice choice) {
        final ObjectNode node = answer.withArray("choices").addObject();
        node.put("index", choice.index());
        return node;
    }

    private void putLogprobs(final ObjectNode node, final Choice choice, final boolean withPrompt, final int from,
        final int to) {
        final GenerationRequest request = choice.request();
        if (!choice.scoring().wantsSampled()) {
            node.putNull("logprobs");
            return;
        }
        final ObjectNode scores = Logprobs.completion();
        int offset = characters[choice.index()];
        if (withPrompt) {
            final int[] prompt = choice.prompt().tokens();
            offset = logprobs.add(scores, choice, request.stream().promptScores(), i -> prompt[i], 0, prompt.length,
                offset);
        }
        offset = logprobs.add(scores, choice, request.stream().scores(), choice::token, from, to, offset);
        characters[choice.index()] = offset;
        node.set("logprobs", scores);
    }

    private void putIds(final ObjectNode node, final Choice choice, final boolean withPrompt, final int from,
        final int to) {
        if (!returnTokenIds) {
            return;
        }
        if (withPrompt) {
            final ArrayNode prompt = node.putArray("prompt_token_ids");
            for (final int id : choice.prompt().tokens()) {
                prompt.add(id);
            }
        }
        final ArrayNode ids = node.putArray("token_ids");
        for (int i = from; i < to; i++) {
            ids.add(choice.token(i));
        }
    }
}
