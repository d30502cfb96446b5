package dev.convoke.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.convoke.checkpoint.ChatTemplateSource;
import dev.convoke.server.chat.JinjaChatTemplate;
import java.net.http.HttpResponse;
import java.time.LocalDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How messages become a prompt, and what of them comes back. */
@Timeout(60)
class ConversationTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String KEEPS = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>\n{% endfor %}"
        + "{% if add_generation_prompt %}<assistant>{% endif %}";
    private static final String TRIMS = KEEPS.replace("m.content", "m.content | trim");
    private static final String HIDES = "{% for m in messages[:-1] %}{{ m.content }}{% endfor %}";

    private static Conversation of(final String template, final String more) {
        return Conversation.of(new RequestFields((ObjectNode)TestServer.json("{\"messages\": [{\"role\": \"user\", "
            + "\"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Well, \"}]" + more + "}")),
            new JinjaChatTemplate(new ChatTemplateSource(template, "", ""), LocalDateTime::now));
    }

    @Test
    void shouldBeginAnAnswerUnlessTold() {
        assertEquals("<user>Hi</s>\n<assistant>Well, </s>\n<assistant>", of(KEEPS, "").text());
        assertEquals("<user>Hi</s>\n<assistant>Well, </s>\n", of(KEEPS, ", \"add_generation_prompt\": false").text());
    }

    @Test
    void shouldGoOnWithTheLastMessage() {
        final String more = ", \"continue_final_message\": true";
        assertEquals("<user>Hi</s>\n<assistant>Well, ", of(KEEPS, more).text());
        assertEquals("<user>Hi</s>\n<assistant>Well,", of(TRIMS, more).text());
        assertEquals("<user>Hi</s>\n<assistant>Well, ", of(KEEPS, more + ", \"add_generation_prompt\": false").text());
        assertEquals("Well, ", of(KEEPS, more).echoed());
        assertEquals("continue_final_message", assertThrows(ApiException.class, () -> of(HIDES, more)).body()
            .at("/error/param").asText());
    }

    @Test
    void shouldRefuseToBeginAnAnswerAndToGoOnWithOne() {
        final HttpResponse<String> answer = SERVER.post("/v1/chat/completions", "{\"messages\": [{\"role\": \"user\", "
            + "\"content\": \"In\"}], \"continue_final_message\": true, \"add_generation_prompt\": true}");
        assertEquals(400, answer.statusCode());
        final String message = TestServer.json(answer.body()).at("/error/message").asText();
        assertTrue(message.contains("'continue_final_message'"), message);
        assertTrue(message.contains("'add_generation_prompt'"), message);
    }

    @Test
    void shouldEchoTheBeginningOfTheAnswer() {
        final String body = "{\"messages\": [{\"role\": \"assistant\", \"content\": \"In the beginning\"}], "
            + "\"continue_final_message\": true, \"echo\": true, \"max_tokens\": 2, \"temperature\": 0";
        assertEquals("In the beginning of the",
            SERVER.chat(body + "}").at("/choices/0/message/content").asText());
        final List<JsonNode> events = SERVER.events("/v1/chat/completions", body + ", \"stream\": true}");
        assertEquals("In the beginning", events.getFirst().at("/choices/0/delta/content").asText());
        assertEquals(" of the", SERVER.chat(body.replace("\"echo\": true", "\"echo\": false") + "}")
            .at("/choices/0/message/content").asText());
    }
}
