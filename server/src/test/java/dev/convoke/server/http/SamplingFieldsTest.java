package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the fields of a request do to the tokens of its answer. */
class SamplingFieldsTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PROMPT = "In the beginning";

    private static ObjectNode greedy() {
        return Json.object().put("prompt", PROMPT).put("temperature", 0).put("max_tokens", 12)
            .put("return_token_ids", true);
    }

    private static JsonNode choice(final ObjectNode body) {
        return SERVER.completion(body.toString()).get("choices").get(0);
    }

    private static int tokenOf(final ObjectNode body, final int index) {
        return choice(body).get("token_ids").get(index).asInt();
    }

    @Test
    void shouldAvoidTokensThatAreForbiddenOrBiasedAway() {
        final int usual = tokenOf(greedy(), 0);
        final ObjectNode biased = greedy();
        biased.putObject("logit_bias").put(String.valueOf(usual), -100);
        assertFalse(usual == tokenOf(biased, 0));
        final ObjectNode favoured = greedy();
        favoured.putObject("logit_bias").put("77", 100);
        choice(favoured).get("token_ids").forEach(id -> assertEquals(77, id.asInt()));
        final ObjectNode allowed = greedy();
        allowed.putArray("allowed_token_ids").add(50).add(60);
        choice(allowed).get("token_ids").forEach(id -> assertTrue(id.asInt() == 50 || id.asInt() == 60));
        final ObjectNode without = greedy();
        final String word = choice(greedy()).get("text").asText().strip().split("\\W+")[0];
        without.putArray("bad_words").add(word);
        assertFalse(choice(without).get("text").asText().strip().startsWith(word + " "));
    }

    @Test
    void shouldEndAtAClientsTokenAndNotBeforeTheLeastNumber() {
        final JsonNode ids = choice(greedy()).get("token_ids");
        final ObjectNode body = greedy();
        body.putArray("stop_token_ids").add(ids.get(3));
        final JsonNode ended = choice(body);
        assertEquals("stop", ended.get("finish_reason").asText());
        assertEquals(ids.get(3), ended.get("stop_reason"));
        final int length = ended.get("token_ids").size();
        assertTrue(length <= 4);
        body.put("min_tokens", 9);
        final JsonNode longer = choice(body);
        assertTrue(longer.get("token_ids").size() >= 9, longer.toString());
    }

    @Test
    void shouldKeepAStopStringOnRequestAndIgnoreItBeforeTheLeastNumber() {
        final String text = choice(greedy()).get("text").asText();
        final String stop = text.substring(3, 6);
        final JsonNode ended = choice(greedy().put("stop", stop));
        assertEquals(text.substring(0, text.indexOf(stop)), ended.get("text").asText());
        assertEquals(stop, ended.get("stop_reason").asText());
        final JsonNode kept = choice(greedy().put("stop", stop).put("include_stop_str_in_output", true));
        assertEquals(text.substring(0, text.indexOf(stop) + stop.length()), kept.get("text").asText());
        final JsonNode late = choice(greedy().put("stop", stop).put("min_tokens", 12));
        assertEquals(text, late.get("text").asText());
        assertTrue(late.get("stop_reason").isNull());
    }

    @Test
    void shouldScoreThePromptOnRequest() {
        final JsonNode scores = choice(greedy().put("prompt_logprobs", 2)).get("prompt_logprobs");
        final JsonNode ids = choice(greedy()).get("prompt_token_ids");
        assertEquals(ids.size(), scores.size());
        assertTrue(scores.get(0).isNull());
        for (int i = 1; i < scores.size(); i++) {
            final JsonNode own = scores.get(i).get(ids.get(i).asText());
            assertTrue(own.get("logprob").asDouble() <= 0 && own.get("rank").asInt() >= 1);
            assertTrue(scores.get(i).size() >= 2 && scores.get(i).size() <= 3);
        }
    }

    @Test
    void shouldKeepTheEndOfAPromptThatIsToBeTruncated() {
        final JsonNode ids = choice(greedy()).get("prompt_token_ids");
        final JsonNode kept = choice(greedy().put("truncate_prompt_tokens", 2)).get("prompt_token_ids");
        assertEquals(2, kept.size());
        assertEquals(ids.get(ids.size() - 1), kept.get(1));
    }

    @Test
    void shouldTellWhenNoTokenIsLeft() {
        final ObjectNode body = greedy();
        body.putArray("allowed_token_ids").add(50);
        body.putArray("stop_token_ids").add(50);
        final HttpResponse<String> answer = SERVER.post("/v1/completions", body.put("min_tokens", 2).toString());
        assertEquals(400, answer.statusCode());
        assertTrue(answer.body().contains("leave no token to choose from"), answer.body());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "min_p|1.5", "min_p|\"x\"", "repetition_penalty|0", "presence_penalty|3", "frequency_penalty|-2.5",
        "logit_bias|[1]", "logit_bias|{\"x\": 1}", "logit_bias|{\"99999999\": 1}", "logit_bias|{\"1\": 101}",
        "logit_bias|{\"1\": \"a\"}", "min_tokens|-1", "min_tokens|100", "stop_token_ids|[-1]",
        "stop_token_ids|{}", "allowed_token_ids|[1.5]", "bad_words|[\"\"]", "bad_words|[3]", "stop|[]x",
        "truncate_prompt_tokens|0", "prompt_logprobs|21", "n|0", "temperature|-1", "top_p|0",
        "structured_outputs|{\"a\": 1}"
    })
    void shouldNameTheFieldThatIsWrong(final String field, final String value) {
        final HttpResponse<String> answer = SERVER.post("/v1/completions",
            "{\"prompt\": \"a\", \"max_tokens\": 4, \"" + field + "\": " + value + "}");
        assertEquals(400, answer.statusCode());
        assertTrue(answer.body().contains(field) || value.endsWith("x"), answer.body());
    }
}
