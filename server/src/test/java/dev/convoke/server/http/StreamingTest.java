package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamingTest {
    private static final TestServer SERVER = TestServer.shared();

    private static ObjectNode body() {
        return Json.object().put("prompt", "In the beginning").put("temperature", 0).put("max_tokens", 12);
    }

    @Test
    void shouldFrameEventsAsServerSentEvents() {
        final HttpResponse<String> response = SERVER.post("/v1/completions", body().put("stream", true).toString());
        assertEquals("text/event-stream; charset=utf-8", response.headers().firstValue("content-type").orElse(""));
        assertEquals("no-cache", response.headers().firstValue("cache-control").orElse(""));
        final String[] events = response.body().split("\n\n");
        assertEquals(13, events.length);
        for (final String event : events) {
            assertTrue(event.startsWith("data: "), event);
            assertFalse(event.contains("\n"), event);
        }
        assertEquals("data: [DONE]", events[12]);
    }

    @Test
    void shouldJoinToTheWholeAnswer() {
        final ObjectNode request = body().put("return_token_ids", true).put("logprobs", 2).put("echo", true);
        final JsonNode whole = SERVER.completion(request.toString()).get("choices").get(0);
        final StringBuilder text = new StringBuilder();
        final ArrayNode ids = Json.array();
        final ArrayNode scores = Json.array();
        final ArrayNode offsets = Json.array();
        for (final JsonNode event : SERVER.events("/v1/completions", request.put("stream", true).toString())) {
            final JsonNode choice = event.get("choices").get(0);
            text.append(choice.get("text").asText());
            choice.get("token_ids").forEach(ids::add);
            choice.get("logprobs").get("token_logprobs").forEach(scores::add);
            choice.get("logprobs").get("text_offset").forEach(offsets::add);
        }
        assertEquals(whole.get("text").asText(), text.toString());
        assertEquals(whole.get("token_ids"), ids);
        assertEquals(whole.get("logprobs").get("token_logprobs").toString(), scores.toString());
        assertEquals(whole.get("logprobs").get("text_offset").toString(), offsets.toString());
    }

    @Test
    void shouldSendOneFinishReasonForEachChoice() {
        final ObjectNode request = body().put("n", 3).put("stream", true).put("temperature", 1);
        final int[] finished = new int[3];
        for (final JsonNode event : SERVER.events("/v1/completions", request.toString())) {
            final JsonNode choice = event.get("choices").get(0);
            finished[choice.get("index").asInt()] += choice.get("finish_reason").isNull() ? 0 : 1;
        }
        assertEquals("[1, 1, 1]", java.util.Arrays.toString(finished));
    }

    @Test
    void shouldTellTheUsageLastWhenAskedTo() {
        final ObjectNode request = body().put("stream", true);
        request.putObject("stream_options").put("include_usage", true);
        final List<JsonNode> events = SERVER.events("/v1/completions", request.toString());
        assertEquals(13, events.size());
        assertTrue(events.getFirst().get("usage").isNull());
        assertEquals(0, events.getLast().get("choices").size());
        assertEquals("{\"prompt_tokens\":4,\"completion_tokens\":12,\"total_tokens\":16}",
            events.getLast().get("usage").toString());
    }

    @Test
    void shouldNotShowTheBeginningOfAStopString() {
        final ObjectNode request = body().put("stream", true).put("stop", "of the month");
        final StringBuilder text = new StringBuilder();
        for (final JsonNode event : SERVER.events("/v1/completions", request.toString())) {
            text.append(event.get("choices").get(0).get("text").asText());
        }
        assertEquals(" of the day ", text.toString());
    }

    @Test
    void shouldOpenAChatWithTheRole() {
        final List<JsonNode> events = SERVER.events("/v1/chat/completions", """
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "In the beginning"}]}],
             "temperature": 0, "max_tokens": 3, "stream": true, "return_token_ids": true}""");
        final JsonNode first = events.getFirst();
        assertEquals("chat.completion.chunk", first.get("object").asText());
        assertEquals("{\"role\":\"assistant\",\"content\":\"\"}", first.get("choices").get(0).get("delta").toString());
        assertEquals("[0,1567,266,2739]", first.get("prompt_token_ids").toString());
        assertEquals(" of", events.get(1).get("choices").get(0).get("delta").get("content").asText());
        assertEquals("[282]", events.get(1).get("choices").get(0).get("token_ids").toString());
        assertEquals("length", events.getLast().get("choices").get(0).get("finish_reason").asText());
    }
}
