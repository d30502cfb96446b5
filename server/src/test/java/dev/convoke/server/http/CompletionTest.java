package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CompletionTest {
    private static final TestServer SERVER = TestServer.shared();

    private static JsonNode reference;

    @BeforeAll
    static void readReference() throws IOException {
        reference = TestServer.JSON.readTree(TestModels.TINY.resolve("reference.json").toFile());
    }

    private static ObjectNode body() {
        return Json.object().put("model", "tiny-moe").put("temperature", 0);
    }

    @Test
    void shouldReproduceTheReferenceWhenGreedy() {
        for (final JsonNode greedy : reference.get("greedy")) {
            final JsonNode answer = SERVER.completion(body().put("prompt", greedy.get("prompt").asText())
                .put("max_tokens", 48).put("return_token_ids", true).toString());
            final JsonNode choice = answer.get("choices").get(0);
            assertEquals(greedy.get("prompt_ids"), choice.get("prompt_token_ids"));
            assertEquals(greedy.get("token_ids"), choice.get("token_ids"));
            assertEquals(greedy.get("text").asText(), choice.get("text").asText());
        }
    }

    @Test
    void shouldScoreAPromptLikeTheReferenceWhenItIsEchoed() {
        for (int i = 0; i < reference.get("passages").size(); i += 6) {
            final JsonNode passage = reference.get("passages").get(i);
            final ObjectNode request = body().put("max_tokens", 0).put("echo", true).put("logprobs", 1);
            request.set("prompt", passage.get("token_ids"));
            final JsonNode choice = SERVER.completion(request.toString()).get("choices").get(0);
            final JsonNode logprobs = choice.get("logprobs").get("token_logprobs");
            assertTrue(logprobs.get(0).isNull());
            double sum = 0;
            for (int position = 1; position < logprobs.size(); position++) {
                sum -= logprobs.get(position).asDouble();
            }
            final double expected = passage.get("mean_nll").asDouble();
            assertEquals(expected, sum / (logprobs.size() - 1), expected * 1e-3);
            assertEquals(256, logprobs.size());
            assertEquals("length", choice.get("finish_reason").asText());
        }
    }

    @Test
    void shouldTellWhereEachTokenBeginsInTheText() {
        final JsonNode choice = SERVER.completion(body().put("prompt", "In the beginning").put("max_tokens", 6)
            .put("echo", true).put("logprobs", 3).toString()).get("choices").get(0);
        final String text = choice.get("text").asText();
        final JsonNode logprobs = choice.get("logprobs");
        assertTrue(text.startsWith("In the beginning of"));
        assertEquals("<s>", logprobs.get("tokens").get(0).asText());
        for (int i = 1; i < logprobs.get("tokens").size(); i++) {
            final String token = logprobs.get("tokens").get(i).asText();
            assertTrue(text.startsWith(token, logprobs.get("text_offset").get(i).asInt()));
            assertEquals(3, logprobs.get("top_logprobs").get(i).size());
        }
    }

    @Test
    void shouldGiveTheSameTextWhenSeedIsTheSame() {
        final ObjectNode request = body().put("prompt", "import").put("temperature", 1).put("max_tokens", 24);
        final String first = text(request.deepCopy().put("seed", 11));
        assertEquals(first, text(request.deepCopy().put("seed", 11)));
        assertNotEquals(first, text(request.deepCopy().put("seed", 12)));
        assertNotEquals(text(request), text(request));
    }

    @Test
    void shouldGiveDifferentChoicesWhenSeveralAreAskedFor() {
        final JsonNode answer = SERVER.completion(body().put("prompt", "import").put("temperature", 1)
            .put("max_tokens", 16).put("n", 3).put("seed", 5).toString());
        final Set<String> texts = new HashSet<>();
        answer.get("choices").forEach(choice -> texts.add(choice.get("text").asText()));
        assertEquals(3, texts.size());
        assertEquals(48, answer.get("usage").get("completion_tokens").asInt());
        assertEquals(2, answer.get("usage").get("prompt_tokens").asInt());
    }

    @Test
    void shouldStopAtAStringThatSpansTokensAndCountTheTokenThatCompletesIt() {
        final ObjectNode request = body().put("prompt", "In the beginning").put("max_tokens", 40)
            .put("return_token_ids", true);
        request.putArray("stop").add("zzz").add("onth, i");
        final JsonNode answer = SERVER.completion(request.toString());
        final JsonNode choice = answer.get("choices").get(0);
        assertEquals(" of the day of the m", choice.get("text").asText());
        assertEquals("stop", choice.get("finish_reason").asText());
        // " of the day of the month, in" has 8 tokens.
        assertEquals(8, answer.get("usage").get("completion_tokens").asInt());
        assertEquals(8, choice.get("token_ids").size());
    }

    @Test
    void shouldEndTheSequenceAtTheDecoderWhenAStopStringIsFound() {
        SERVER.completion(body().put("prompt", "In the beginning").put("max_tokens", 1900).put("ignore_eos", true)
            .put("stop", " day").toString());
        TestServer.await("the sequence is gone", () -> SERVER.decoder().decoder().running() == 0);
    }

    @Test
    void shouldGoOnAfterAnEndTokenWhenAskedTo() {
        JsonNode ending = null;
        for (int seed = 0; seed < 40 && ending == null; seed++) {
            final JsonNode answer = SERVER.completion(ending(seed).toString());
            if (answer.get("choices").get(0).get("finish_reason").asText().equals("stop")) {
                ending = answer;
                final JsonNode ids = answer.get("choices").get(0).get("token_ids");
                assertEquals(1, ids.get(ids.size() - 1).asInt());
                final JsonNode going = SERVER.completion(ending(seed).put("ignore_eos", true).toString());
                assertEquals("length", going.get("choices").get(0).get("finish_reason").asText());
                assertEquals(60, going.get("usage").get("completion_tokens").asInt());
            }
        }
        assertFalse(ending == null, "no seed ended within 60 tokens");
    }

    private static ObjectNode ending(final int seed) {
        return body().put("prompt", "if __name__ == '__main__':\n    main()\n").put("temperature", 1.2)
            .put("max_tokens", 60).put("seed", seed).put("return_token_ids", true);
    }

    @Test
    void shouldIgnoreFieldsItDoesNotKnow() {
        assertEquals(" of", text(body().put("prompt", "In the beginning").put("max_tokens", 1).put("user", "me")
            .put("surprise", true).put("presence_penalty", 0)));
    }

    private static String text(final ObjectNode request) {
        return SERVER.completion(request.toString()).get("choices").get(0).get("text").asText();
    }
}
