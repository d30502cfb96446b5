package dev.convoke.server.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Requests of all kinds with the answers they had when each was alone: chat and completions, short and long, greedy and
 * sampled, with one to three choices, scores and stop strings. Every one has a seed, so its answer is one and the same
 * in any company.
 */
final class RequestMix {
    private static final String[] PROMPTS = {"In the beginning", "It is a truth universally", "def main(argv):\n    ",
        "And the LORD said unto Moses, ", "import os\nimport sys\n\n", "She had been ", "1. ",
        "\u00c4 \u6f22 \ud83d\ude00"};
    private static final String[] STOPS = {"the", ".", "\n", "and ", "self", "LORD"};

    private final List<Known> requests = new ArrayList<>();

    /**
     * A request and its answer.
     *
     * @param body    without {@code stream}
     * @param choices the answer's, whole
     */
    record Known(String path, ObjectNode body, JsonNode choices) {
        byte[] bytes(final boolean stream) {
            final ObjectNode copy = body.deepCopy();
            if (stream) {
                copy.put("stream", true);
            }
            return copy.toString().getBytes(StandardCharsets.UTF_8);
        }

        /** The text of each choice by its index, or of as much as the events tell. */
        Map<Integer, String> texts() {
            final Map<Integer, String> texts = new TreeMap<>();
            choices.forEach(choice -> texts.put(choice.get("index").intValue(), textOf(choice)));
            return texts;
        }
    }

    /** Draws so many requests and asks each of them alone. */
    RequestMix(final SplittableRandom random, final int count, final LiveServer server) throws IOException {
        try (RawConnection connection = server.connect()) {
            for (int i = 0; i < count; i++) {
                final boolean chat = random.nextInt(3) == 0;
                final String path = chat ? LiveServer.CHAT : LiveServer.COMPLETIONS;
                final ObjectNode body = draw(random, chat);
                final RawConnection.Reply reply = connection.exchange(path, body.toString());
                if (reply.status() != 200) {
                    throw new AssertionError(body + " alone: " + reply);
                }
                requests.add(new Known(path, body, reply.json().get("choices")));
            }
        }
    }

    private static ObjectNode draw(final SplittableRandom random, final boolean chat) {
        final ObjectNode body = RawConnection.JSON.createObjectNode();
        final String text = PROMPTS[random.nextInt(PROMPTS.length)].repeat(random.nextInt(1, 9));
        if (chat) {
            final ArrayNode messages = body.putArray("messages");
            messages.addObject().put("role", "user").put("content", text);
        } else {
            body.put("prompt", text);
        }
        body.put("max_tokens", random.nextInt(8) == 0 ? random.nextInt(100, 200) : random.nextInt(1, 40));
        body.put("seed", random.nextInt());
        body.put("temperature", random.nextBoolean() ? 0 : 0.9);
        body.put("n", Math.max(1, random.nextInt(-3, 4)));
        if (random.nextInt(4) == 0) {
            if (chat) {
                body.put("logprobs", true).put("top_logprobs", random.nextInt(0, 6));
            } else {
                body.put("logprobs", random.nextInt(0, 6));
            }
        }
        if (random.nextInt(3) == 0) {
            body.putArray("stop").add(STOPS[random.nextInt(STOPS.length)]).add(STOPS[random.nextInt(STOPS.length)]);
        }
        if (random.nextInt(3) == 0) {
            body.put("top_p", 0.8).put("top_k", 50);
        }
        return body;
    }

    Known any(final SplittableRandom random) {
        return requests.get(random.nextInt(requests.size()));
    }

    /** What a choice, or an event's part of one, adds to the text. */
    static String textOf(final JsonNode choice) {
        final JsonNode text = choice.has("text") ? choice.get("text")
            : choice.path(choice.has("delta") ? "delta" : "message").path("content");
        return text.asText("");
    }
}
