package dev.convoke.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** {@code chat.completion} and {@code chat.completion.chunk}. */
final class ChatFormat implements AnswerFormat {
    private static final String CHUNK = "chat.completion.chunk";

    private final Envelope envelope;
    private final Logprobs logprobs;
    private final String echoed;
    private final boolean returnTokenIds;

    /** Every answer begins with {@code echoed}, which may be empty. */
    ChatFormat(final Envelope envelope, final Logprobs logprobs, final String echoed, final boolean returnTokenIds) {
        this.envelope = envelope;
        this.logprobs = logprobs;
        this.echoed = echoed;
        this.returnTokenIds = returnTokenIds;
    }

    @Override
    public ObjectNode whole(final List<Choice> choices) {
        final ObjectNode answer = envelope.open("chat.completion");
        for (final Choice choice : choices) {
            final ObjectNode node = choiceNode(answer, choice);
            final ObjectNode message = node.putObject("message");
            message.put("role", "assistant");
            message.put("content", echoed + choice.text());
            message.putNull("refusal");
            putLogprobs(node, choice, 0, choice.tokens());
            node.put("finish_reason", choice.finishReason());
            node.set("stop_reason", choice.stopReason());
            putIds(node, choice, 0, choice.tokens());
        }
        putPromptIds(answer, choices.getFirst());
        if (choices.getFirst().scoring().wantsPrompt()) {
            answer.set("prompt_logprobs", logprobs.prompt(choices.getFirst()));
        }
        return answer;
    }

    @Override
    public Optional<ObjectNode> opening(final Choice choice) {
        final ObjectNode part = envelope.open(CHUNK);
        final ObjectNode node = choiceNode(part, choice);
        final ObjectNode delta = node.putObject("delta");
        delta.put("role", "assistant");
        delta.put("content", echoed);
        node.putNull("logprobs");
        node.putNull("finish_reason");
        putPromptIds(part, choice);
        return Optional.of(part);
    }

    @Override
    public ObjectNode part(final Choice choice, final Choice.Delta delta) {
        final ObjectNode part = envelope.open(CHUNK);
        final ObjectNode node = choiceNode(part, choice);
        node.putObject("delta").put("content", delta.text());
        putLogprobs(node, choice, delta.fromToken(), delta.toToken());
        node.put("finish_reason", delta.finishReason());
        if (delta.finishReason() != null) {
            node.set("stop_reason", choice.stopReason());
        }
        putIds(node, choice, delta.fromToken(), delta.toToken());
        return part;
    }

    @Override
    public ObjectNode empty() {
        return envelope.open(CHUNK);
    }

    private static ObjectNode choiceNode(final ObjectNode answer, final Choice choice) {
        final ObjectNode node = answer.withArray("choices").addObject();
        node.put("index", choice.index());
        return node;
    }

    private void putLogprobs(final ObjectNode node, final Choice choice, final int from, final int to) {
        if (!choice.scoring().wantsSampled()) {
            node.putNull("logprobs");
        } else {
            node.set("logprobs", logprobs.chat(choice, from, to));
        }
    }

    private void putPromptIds(final ObjectNode answer, final Choice choice) {
        if (returnTokenIds) {
            final ArrayNode ids = answer.putArray("prompt_token_ids");
            for (final int id : choice.prompt().tokens()) {
                ids.add(id);
            }
        }
    }

    private void putIds(final ObjectNode node, final Choice choice, final int from, final int to) {
        if (returnTokenIds) {
            final ArrayNode ids = node.putArray("token_ids");
            for (int i = from; i < to; i++) {
                ids.add(choice.token(i));
            }
        }
    }
}
